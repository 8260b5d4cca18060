{#-
The scalars of a JSON object, as two queries with the same columns and one row per scalar. `alone_scalars` gives those
whose field can have no other value in the object, `nested_scalars` the others. They have the key columns and

    field        the keys on the path, joined by dots; positions in arrays are not part of it
    kind         string, number or boolean; nulls have no row
    value        the scalar as text, strings without their quotes
    position     positions on the path below the top level, to order a field's values as in the document; null if alone
    is_element   whether the scalar is itself an element of an array

Keys are chosen by users, so they are only ever data here. Top-level values come from a map of the object. Deeper values, and
keys with a dot, which may name the same field, go through a separate recursion. So flat objects pay neither for
it nor for being materialized until it is done. CPU seconds for 1,000,000 objects of 6 scalars: 2.6; 4.5 if both
are one query that is read twice; 9 with everything in the recursion; 6.9 with json_each throughout. json_tree would also be
wrong, because its paths do not distinguish the key `a[0]` from an element of an array.
-#}
{% macro alone_scalars(relation, json_column, key_columns) -%}
    {{ return(adapter.dispatch("alone_scalars", "turret")(relation, json_column, key_columns)) }}
{%- endmacro %}

{% macro duckdb__alone_scalars(relation, json_column, key_columns) -%}
    {%- set keys = key_columns | join(", ") -%}
    {#- As the engine writes it, the first character of a value says what it is, without parsing it once more. -#}
    select
        {{ keys }},
        key as field,
        case
            when starts_with(value, '"') then 'string'
            when value in ('true', 'false') then 'boolean'
            else 'number'
        end as kind,
        case
            when not starts_with(value, '"') then value
            when contains(value, '\') then cast(value as json) ->> '$'
            else substr(value, 2, length(value) - 2)
        end as value,
        cast(null as bigint[]) as position,
        false as is_element
    from (
        select {{ keys }}, entry.key, cast(entry.value as varchar) as value
        from (
            select {{ keys }}, unnest(map_entries(try_cast({{ json_column }} as map(varchar, json)))) as entry
            from {{ relation }}
        )
    )
    where value is not null and not contains(key, '.') and not {{ _may_hold_values('value') }}
{%- endmacro %}

{#- orchestration/spark/functions.py registers `json_scalars`, which finds what the macros of DuckDB find. -#}
{% macro spark__alone_scalars(relation, json_column, key_columns) -%}
    {{ _spark_scalars(relation, json_column, key_columns) }}
    where found.position is null
{%- endmacro %}

{#-
Whether a value is an object or an array, or a text that may be the history of a chat: one that begins with a bracket or
an escape, maybe after blanks. Ranges compare the first characters in a tenth of the time of a pattern, and most values
leave the list of cases early.
-#}
{% macro _may_hold_values(value) -%}
    case
        when {{ value }} >= '[' then {{ value }} not in ('true', 'false')
        when {{ value }} >= '#' then false -- a number
        when {{ value }} >= '"{' then {{ value }} < '"|'
        when {{ value }} >= '"]' then false
        when {{ value }} >= '"[' then true
        when {{ value }} >= '" ' and {{ value }} < '"!' then regexp_matches({{ value }}, '[\\\[{]')
        else false
    end
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
            select
                {{ keys }},
                entry.key,
                {{ _may_hold_values('cast(entry.value as varchar)') }} as may_hold_values,
                case when may_hold_values then {{ _duckdb_without_history('entry.value') }} else entry.value end as value
            from (
                select {{ keys }}, unnest(map_entries(try_cast({{ json_column }} as map(varchar, json)))) as entry
                from {{ relation }}
                -- This branch can only find something if one of these characters follows the first.
                where
                    contains(cast({{ json_column }} as varchar), '.')
                    or contains(cast({{ json_column }} as varchar), '[')
                    or contains(substr(cast({{ json_column }} as varchar), 2), '{')
                    or contains(cast({{ json_column }} as varchar), '\')
            )
        )
        where contains(key, '.') or may_hold_values

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
                {{ _duckdb_without_history('child.value') }} as value,
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

{% macro spark__nested_scalars(relation, json_column, key_columns) -%}
    {#- As in DuckDB: only objects with one of these characters can hold any. -#}
    {%- set held -%}
        (
            select * from {{ relation }}
            where
                contains({{ json_column }}, '.')
                or contains({{ json_column }}, '[')
                or contains(substr({{ json_column }}, 2), '{')
        ) as held
    {%- endset -%}
    {{ _spark_scalars(held, json_column, key_columns) }}
    where found.position is not null
{%- endmacro %}

{% macro _spark_scalars(relation, json_column, key_columns) -%}
    select
        {{ key_columns | join(", ") }},
        found.field,
        found.kind,
        found.value,
        found.position,
        found.is_element
    from {{ relation }}
    lateral view inline(json_scalars({{ json_column }})) found as field, kind, value, position, is_element
{%- endmacro %}

{% macro _json_kind(type) -%}
    case {{ type }} when 'VARCHAR' then 'string' when 'BOOLEAN' then 'boolean' else 'number' end
{%- endmacro %}

{#-
A value, in which a chat history is replaced by the user's newest message. A chat history is an array, or a text
that contains one, of objects that each have a role and content, as in chat models (OpenAI, Anthropic, Gemini,
OpenTelemetry, ChatGPT's export, LangChain, ShareGPT), or a speaker and text, as in chats between people. It may also be a
text that is a request to a model: an object with the history as `messages`, `contents` or `input`. Messages of the
system, the assistant and tools, and earlier messages of the user, are not new texts. Without any text of the user, the
value is null. Content is a text, or parts, of which the text parts are joined by line breaks; files and tool results are
ignored.
-#}
{% macro _duckdb_without_history(value) -%}
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
    {#- Checking the first characters (a blank may be escaped) excludes nearly all values cheaply. -#}
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
