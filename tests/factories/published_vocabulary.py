"""What the people of the sample say: topics with their messages, and the strings that break careless pages."""

from __future__ import annotations

from typing import NamedTuple


class Subject(NamedTuple):
    """A topic of the sample: its name, the area above it, its keywords and messages people send about it."""

    label: str
    area: str
    keywords: tuple[str, ...]
    messages: tuple[str, ...]


ASSISTANT_SUBJECTS = (
    Subject(
        "Summarise a document",
        "Writing",
        ("summary", "document", "key points"),
        (
            "Summarise this report in five bullet points",
            "Give me the key points of the attached contract",
            "What are the main arguments of this paper?",
        ),
    ),
    Subject(
        "Rewrite an email politely",
        "Writing",
        ("email", "polite", "tone"),
        (
            "Make this email sound friendlier",
            "Rewrite my reply to the client, less blunt please",
            "Can you soften the tone of this message?",
        ),
    ),
    Subject(
        "Write a job posting",
        "Writing",
        ("job ad", "hiring", "role"),
        (
            "Draft a job ad for a senior backend engineer",
            "Write a posting for a part-time accountant",
            "Help me describe this role so people apply",
        ),
    ),
    Subject(
        "Translate to Spanish",
        "Languages",
        ("translate", "spanish", "español"),
        (
            "Translate this paragraph to Spanish",
            "How do I say 'the invoice is overdue' in Spanish?",
            "Put the menu into Mexican Spanish",
        ),
    ),
    Subject(
        "Correct German grammar",
        "Languages",
        ("german", "grammar", "der die das"),
        (
            "Is it der or das Angebot?",
            "Check the grammar of my German cover letter",
            "Why is this sentence in the dative?",
        ),
    ),
    Subject(
        "Debug a Python error",
        "Coding",
        ("traceback", "python", "exception"),
        (
            "I get KeyError: 'user_id' in pandas, why?",
            "This traceback makes no sense to me",
            "My async function never returns, what is wrong?",
        ),
    ),
    Subject(
        "Explain a SQL query",
        "Coding",
        ("sql", "join", "query"),
        (
            "What does this window function do?",
            "Explain the difference between these two joins",
            "Why is my GROUP BY query so slow?",
        ),
    ),
    Subject(
        "Write unit tests",
        "Coding",
        ("pytest", "test cases", "coverage"),
        ("Write pytest cases for this function", "Which edge cases am I missing here?", "Add tests for the empty list"),
    ),
    Subject(
        "Regular expressions",
        "Coding",
        ("regex", "match", "pattern"),
        (
            "Regex for an IBAN with optional spaces",
            "Match everything between two brackets",
            "Why does my pattern match too much?",
        ),
    ),
    Subject(
        "Deploy with Docker",
        "Coding",
        ("docker", "container", "compose"),
        ("My container exits with code 137", "Write a compose file with Postgres", "How do I shrink this image?"),
    ),
    Subject(
        "Cancel a subscription",
        "Billing",
        ("cancel", "subscription", "stop paying"),
        (
            "How do I cancel my plan?",
            "Stop my subscription at the end of the month",
            "I want to cancel, where is the button?",
        ),
    ),
    Subject(
        "Refund for a double charge",
        "Billing",
        ("refund", "charged twice", "money back"),
        (
            "I was charged twice this month",
            "I want my money back for the second payment",
            "My card shows two payments of 29 euros",
        ),
    ),
    Subject(
        "Download an invoice",
        "Billing",
        ("invoice", "receipt", "vat"),
        ("Where can I download my invoices?", "I need a receipt with our VAT number", "Send me the bill for March"),
    ),
    Subject(
        "Upgrade to the team plan",
        "Billing",
        ("upgrade", "team", "seats"),
        ("What does the team plan cost for 12 people?", "Move us to the team plan", "Can I add three seats?"),
    ),
    Subject(
        "Reset a password",
        "Account",
        ("password", "reset", "locked out"),
        ("I forgot my password", "The reset mail never arrives", "I am locked out of my account"),
    ),
    Subject(
        "Two-factor sign-in fails",
        "Account",
        ("2fa", "code", "authenticator"),
        ("The authenticator code is always wrong", "I lost the phone with my 2FA", "How do I get new backup codes?"),
    ),
    Subject(
        "Delete my data",
        "Account",
        ("delete", "gdpr", "privacy"),
        (
            "Delete everything you know about me",
            "I make use of my right to erasure",
            "How do I remove my chat history?",
        ),
    ),
    Subject(
        "Connect Slack",
        "Integrations",
        ("slack", "channel", "integration"),
        (
            "How do I post answers into a Slack channel?",
            "The Slack app says not authorised",
            "Can it reply in threads?",
        ),
    ),
    Subject(
        "API rate limits",
        "Integrations",
        ("rate limit", "429", "api"),
        ("I get 429 after ten requests", "What is the limit per minute?", "Can you raise our API limit?"),
    ),
    Subject(
        "Export chats to CSV",
        "Integrations",
        ("export", "csv", "download"),
        ("Export all conversations as CSV", "Is there a way to download my chats?", "The export file is empty"),
    ),
    Subject(
        "Plan a week of dinners",
        "Everyday",
        ("recipes", "dinner", "vegetarian"),
        (
            "Plan five vegetarian dinners for four people",
            "What can I cook with leeks and rice?",
            "Make a shopping list from these recipes",
        ),
    ),
    Subject(
        "Travel plan for a weekend",
        "Everyday",
        ("trip", "weekend", "itinerary"),
        (
            "Two days in Lisbon with a toddler",
            "Plan a weekend in the Alps without a car",
            "What should I see in Kraków in 48 hours?",
        ),
    ),
    Subject(
        "Practise a job interview",
        "Everyday",
        ("interview", "questions", "practice"),
        (
            "Ask me questions as if I applied as a nurse",
            "Do a mock interview for product manager",
            "How do I answer where I see myself in five years?",
        ),
    ),
    Subject(
        "Homework in algebra",
        "Learning",
        ("equation", "solve", "homework"),
        (
            "Solve 3x² - 12 = 0 and show the steps",
            "I do not understand how to factor this",
            "Check my homework on linear systems",
        ),
    ),
    Subject(
        "Explain photosynthesis",
        "Learning",
        ("biology", "photosynthesis", "plants"),
        ("Explain photosynthesis to a ten-year-old", "What happens in the Calvin cycle?", "Why are leaves green?"),
    ),
    Subject(
        "History essay on Rome",
        "Learning",
        ("rome", "essay", "history"),
        ("Outline an essay on the fall of the Republic", "Was Augustus a dictator?", "Sources on Roman trade please"),
    ),
    Subject(
        "Answers are out of date",
        "Quality",
        ("outdated", "wrong year", "old"),
        ("That was true in 2022, not any more", "Your answer is out of date", "The prices you name are old"),
    ),
    Subject(
        "Made-up sources",
        "Quality",
        ("citation", "source", "does not exist"),
        ("The paper you cite does not exist", "This link is dead, did you invent it?", "Give me real sources"),
    ),
    Subject(
        "Replies are too long",
        "Quality",
        ("shorter", "long", "brief"),
        ("Shorter please", "Too long, one sentence is enough", "Stop repeating my question"),
    ),
    Subject(
        "The assistant is slow today",
        "Quality",
        ("slow", "loading", "timeout"),
        ("Why does it take so long today?", "Still loading after two minutes", "It timed out again"),
    ),
)

MIN_LENGTH_TEXT = "?"
MAX_LENGTH_TEXT = "a very long message " * 500
"""10,000 characters: the most that the collector takes."""

NASTY_SUBJECTS = (
    Subject(
        "<script>window.turretWasHacked=1</script>",
        "<b>Bold area</b>",
        ("<img src=x onerror=window.turretWasHacked=1>", "a & b"),
        ("<img src=x onerror='window.turretWasHacked=1'>", "</textarea><script>window.turretWasHacked=1</script>"),
    ),
    Subject(
        "<b>Bold</b> <a href='https://example.com'>link</a> &amp; co",
        "R&D",
        ("&lt;", "<br>"),
        ("1 < 2 && 3 > 2", "**not bold** [not a link](javascript:alert(1))"),
    ),
    Subject(
        '=HYPERLINK("https://example.com","click")',
        "Formulas",
        ("=1+1", "@SUM(A1)"),
        ("=cmd|' /C calc'!A0", "+1+1", "@SUM(1)"),
    ),
    Subject(
        "استرداد المبلغ المدفوع مرتين",
        "الفواتير",
        ("استرداد", "فاتورة"),
        ("أريد استرداد المبلغ", "دفعت مرتين هذا الشهر \u202e gnp.exe"),
    ),
    Subject("🧾 Rechnung? 👩‍👩‍👧‍👦 日本語の請求書", "絵文字", ("🧾", "請求書"), ("請求書をください 🙏", "🧾🧾🧾")),
    Subject(
        "%{value} $E=mc^2$ {label} %(name)s ${x}",
        "Templates",
        ("%{x}", "$\\alpha$"),
        ("%{customdata[0]} {0}", "$\\frac{1}{2}$"),
    ),
    Subject(
        "A label that a model made far too long because nobody told it to stop, and which nevertheless has to fit " * 3,
        "Long",
        ("supercalifragilisticexpialidocious" * 4,),
        (MAX_LENGTH_TEXT, MIN_LENGTH_TEXT),
    ),
    Subject(
        "'; DROP TABLE marts.fct_events; --", "Quotes", ("' OR 1=1", '"'), ("Robert'); DROP TABLE students;--", "null")
    ),
)

FILLER_MESSAGES = ("thanks", "ok", "yes", "👍", "2 please")
NOISE_MESSAGES = ("asdf jkl", "my cat walked over the keyboard", "…", "lorem ipsum dolor", "la la la")
OPENINGS = ("", "Hi, ", "Quick question: ", "Hello! ", "Sorry to bother you. ", "Again: ")
CLOSINGS = ("", "", " Thanks in advance.", " It is urgent.", " Please.")
