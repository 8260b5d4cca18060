{#-
The scalars of a JSON object, as two queries of the same columns with one row per scalar: `alone_scalars` gives those
whose field can have no other value in the object, `nested_scalars` the others. The key columns and

    field        names of the objects' keys on the way, joined by dots; places in arrays are no part of it
    kind         string, number or boolean; nulls have no row
    value        the scalar as text, strings without their quotes
    position     places on the way below the first level, to order the values of one field as the document does; null if alone
    is_element   whether it stands in an array itself

Keys are user-chosen: they are only ever data here. Values of the first level come from a map of it; what lies deeper, and
keys with a dot, which may name the same field, go through a recursion of their own, so that flat objects never pay for
it, nor for being kept until that is done. Measured on 1,000,000 objects of 6 scalars (CPU s): 2.6, and 4.5 where both
are one query that is read twice; 9 with everything in the recursion; json_each all the way 6.9. json_tree would also be
wrong: its paths do not tell the key `a[0]` from an array's element.
-#}
{% macro alone_scalars(relation, json_column, key_columns) -%}
    {{ return(adapter.dispatch("alone_scalars", "turret")(relation, json_column, key_columns)) }}
{%- endmacro %}

{% macro duckdb__alone_scalars(relation, json_column, key_columns) -%}
    {%- set keys = key_columns | join(", ") -%}
    select
        {{ keys }},
        key as field,
        {{ _json_kind('json_type(value)') }} as kind,
        value ->> '$' as value,
        cast(null as bigint[]) as position,
        false as is_element
    from (
        select {{ keys }}, entry.key, {{ without_history('entry.value') }} as value
        from (
            select {{ keys }}, unnest(map_entries(try_cast({{ json_column }} as map(varchar, json)))) as entry
            from {{ relation }}
        )
    )
    where not contains(key, '.') and json_type(value) not in ('OBJECT', 'ARRAY', 'NULL')
{%- endmacro %}

{% macro nested_scalars(relation, json_column, key_columns) -%}
    {{ return(adapter.dispatch("nested_scalars", "turret")(relation, json_column, key_columns)) }}
{%- endmacro %}

{% macro duckdb__nested_scalars(relation, json_column, key_columns) -%}
    {%- set keys = key_columns | join(", ") -%}
    with recursive nodes as (
        select
            {{ keys }},
            key as field,
            json_type(value) as type,
            value,
            cast([] as bigint[]) as position,
            false as is_element
        from (
            select {{ keys }}, entry.key, {{ without_history('entry.value') }} as value
            from (
                select {{ keys }}, unnest(map_entries(try_cast({{ json_column }} as map(varchar, json)))) as entry
                from {{ relation }}
                -- Without one of these characters after the first, nothing of what this branch is for can be there.
                where regexp_matches(substr(cast({{ json_column }} as varchar), 2), '[.{\[\\]')
            )
        )
        where contains(key, '.') or json_type(value) in ('OBJECT', 'ARRAY')

        union all

        select
            {{ keys }},
            field,
            json_type(value) as type,
            value,
            position,
            is_element
        from (
            select
                {{ keys }},
                case when nodes.type = 'ARRAY' then nodes.field else nodes.field || '.' || child.key end as field,
                {{ without_history('child.value') }} as value,
                list_append(nodes.position, child.id) as position,
                nodes.type = 'ARRAY' as is_element
            from nodes, json_each(nodes.value) as child
            where nodes.type in ('OBJECT', 'ARRAY')
        )
    )

    select
        {{ keys }},
        field,
        {{ _json_kind('type') }} as kind,
        value ->> '$' as value,
        position,
        is_element
    from nodes
    where type not in ('OBJECT', 'ARRAY', 'NULL')
{%- endmacro %}

{% macro _json_kind(type) -%}
    case {{ type }} when 'VARCHAR' then 'string' when 'BOOLEAN' then 'boolean' else 'number' end
{%- endmacro %}

{#-
A value as it counts: the history of a chat counts as the user's newest message in it. A history is an array, or a text
that is one, of objects that each have a role and a content, as chat models take them (OpenAI, Anthropic, Gemini,
OpenTelemetry, ChatGPT's export, LangChain, ShareGPT), or a speaker and a text, as chats with people have them, or a text that is a request to a model: an object that holds the
history as `messages`, `contents` or `input`. What the system, the assistant and tools said, and what the user
said before, is no new text: without any text of the user the value is null. A content is a text, or parts of which those
that are texts are joined by line breaks; files and tools' results are none.
-#}
{% macro without_history(value) -%}
    {{ return(adapter.dispatch("without_history", "turret")(value)) }}
{%- endmacro %}

{% macro duckdb__without_history(value) -%}
    {%- set text = value ~ " ->> '$'" -%}
    {%- set from_text = "try_cast(" ~ text ~ " as json)" -%}
    {%- set from_request -%}
        coalesce(({{ from_text }}) -> '$.messages', ({{ from_text }}) -> '$.contents', ({{ from_text }}) -> '$.input')
    {%- endset -%}
    {%- set role -%}
        lower(coalesce(
            item ->> '$.role', item ->> '$.author.role', item ->> '$.from', item ->> '$.speaker', item ->> '$.sender', item ->> '$.type'
        ))
    {%- endset -%}
    {%- set user_roles = "'user', 'human', 'customer', 'visitor', 'client', 'caller'" -%}
    {%- set roles -%}
        {{ user_roles }}, 'assistant', 'ai', 'model', 'gpt', 'bot', 'chatbot', 'agent', 'operator', 'system', 'developer', 'tool',
        'function'
    {%- endset -%}
    {%- set content -%}
        coalesce(
            item -> '$.content', item -> '$.parts', item -> '$.text', item -> '$.value', item -> '$.utterance', item -> '$.message'
        )
    {%- endset -%}
    {%- set parts -%}
        case json_type({{ content }})
            when 'ARRAY' then {{ content }}
            when 'OBJECT' then coalesce({{ content }} -> '$.parts', json_array({{ content }}))
            else json_array({{ content }})
        end
    {%- endset -%}
    {%- set said -%}
        nullif(array_to_string(list_filter(list_transform(try_cast({{ parts }} as json[]), lambda part: case
            when json_type(part) = 'VARCHAR' then part ->> '$'
            when json_type(part) = 'OBJECT' and coalesce(part ->> '$.type', 'text') in ('text', 'input_text')
                then coalesce(part ->> '$.text', part ->> '$.content')
        end), lambda text: text is not null), chr(10)), '')
    {%- endset -%}
    {%- set is_history -%}
        coalesce(
            list_bool_and(list_transform(try_cast(HISTORY as json[]), lambda item: coalesce({{ role }} in ({{ roles }}), false)))
            and list_bool_or(list_transform(try_cast(HISTORY as json[]), lambda item: {{ content }} is not null)),
            false
        )
    {%- endset -%}
    {%- set newest -%}
        to_json(list_filter(
            list_transform(
                list_filter(try_cast(HISTORY as json[]), lambda item: {{ role }} in ({{ user_roles }})),
                lambda item: {{ said }}
            ),
            lambda text: text is not null
        )[-1])
    {%- endset -%}
    {#- A look at the first characters (a blank may be written as an escape) spares nearly all values the rest. -#}
    {%- set may_be_history -%}
        regexp_matches(cast({{ value }} as varchar), '^(\[|"[ \\\[{])')
    {%- endset -%}
    case
        when not {{ may_be_history }} then {{ value }}
        when json_type({{ value }}) = 'ARRAY'
            then case when {{ is_history | replace("HISTORY", value) }} then {{ newest | replace("HISTORY", value) }} else {{ value }} end
        when
            json_type({{ value }}) = 'VARCHAR'
            and starts_with(ltrim({{ text }}, chr(9) || chr(10) || chr(13) || ' '), '[')
            and json_valid({{ text }})
            then case
                when {{ is_history | replace("HISTORY", from_text) }} then {{ newest | replace("HISTORY", from_text) }}
                else {{ value }}
            end
        when
            json_type({{ value }}) = 'VARCHAR'
            and starts_with(ltrim({{ text }}, chr(9) || chr(10) || chr(13) || ' '), '{')
            and json_valid({{ text }})
            then case
                when {{ is_history | replace("HISTORY", from_request) }} then {{ newest | replace("HISTORY", from_request) }}
                else {{ value }}
            end
        else {{ value }}
    end
{%- endmacro %}
