"""Words, numbers and characters of the scorecard, in English and French."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

Language = Literal["en", "fr"]

_MONTHS = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "fr": (
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
}

# In the order in which they are shown; a domain that is not here comes after them under its own name.
DOMAINS = {
    "volume": {"en": "Volume", "fr": "Volumes"},
    "accessibility": {"en": "Accessibility", "fr": "Accessibilité"},
    "handling": {"en": "Handling", "fr": "Traitement"},
    "resolution": {"en": "Resolution", "fr": "Résolution"},
    "experience": {"en": "Customer experience", "fr": "Expérience client"},
    "employee": {"en": "Employee experience", "fr": "Expérience collaborateur"},
    "outbound": {"en": "Outbound", "fr": "Appels sortants"},
    "funnel": {"en": "Leads and conversion", "fr": "Leads et conversion"},
    "money": {"en": "Money", "fr": "Finances"},
    "workforce": {"en": "Workforce", "fr": "Effectifs"},
}

_WORDS = {
    "en": {
        "title": "Scorecard",
        "release": "Release",
        "as_of": "data as of",
        "sample": "made-up sample data",
        "no_period": "No complete month yet: there is nothing to show.",
        "kpi": "KPI",
        "value": "Value",
        "reference": "Reference",
        "gap": "Gap",
        "trend": "Trend",
        "better": "better",
        "worse": "worse",
        "up": "up",
        "down": "down",
        "flat": "flat",
        "legend_verdict": "{met} met  {warning} warning  {missed} missed  {few} too few to judge",
        "legend_reference": "T target  B benchmark  Gap = value - reference  "
        "Trend = against the month before",
        "rows": "Rows: {landed} landed = {staged} in use + {rejected} rejected + {superseded} superseded; "
        "files skipped: {skipped}.",
        "rejected": "Rejected: {tables}.",
        "unavailable": "KPIs not available: {count}",
        "for_want_of": "for want of {tables}: {kpis}",
        "other_reason": "other reasons: {kpis}",
    },
    "fr": {
        "title": "Tableau de bord",
        "release": "Version",
        "as_of": "données au",
        "sample": "données d'exemple inventées",
        "no_period": "Aucun mois complet : il n'y a rien à montrer.",
        "kpi": "Indicateur",
        "value": "Valeur",
        "reference": "Référence",
        "gap": "Écart",
        "trend": "Tendance",
        "better": "mieux",
        "worse": "pire",
        "up": "hausse",
        "down": "baisse",
        "flat": "stable",
        "legend_verdict": "{met} atteint  {warning} alerte  {missed} manqué  {few} trop peu pour juger",
        "legend_reference": "T objectif  B référence publiée  Écart = valeur - référence  "
        "Tendance = par rapport au mois précédent",
        "rows": "Lignes : {landed} reçues = {staged} utilisées + {rejected} rejetées + {superseded} "
        "remplacées ; fichiers ignorés : {skipped}.",
        "rejected": "Rejetées : {tables}.",
        "unavailable": "Indicateurs non disponibles : {count}",
        "for_want_of": "faute de {tables} : {kpis}",
        "other_reason": "autres raisons : {kpis}",
    },
}

# Unit of the catalogue -> decimals, suffix in English, suffix in French.
UNITS = {
    "percent": (1, "%", "%"),
    "seconds": (1, "s", "s"),
    "minutes": (1, "min", "min"),
    "hours": (1, "h", "h"),
    "days": (1, "d", "j"),
    "points": (1, "pts", "pts"),
    "score": (2, "", ""),
    "erlangs": (2, "erl", "erl"),
    "calls": (0, "calls", "appels"),
    "calls/h": (1, "calls/h", "appels/h"),
    "contacts/h": (1, "contacts/h", "contacts/h"),
    "tickets": (0, "tickets", "tickets"),
    "leads": (0, "leads", "leads"),
    "visits": (0, "visits", "visites"),
    "follow-ups": (0, "follow-ups", "relances"),
    "records": (0, "records", "fiches"),
    "customers": (0, "customers", "clients"),
}


@dataclass(frozen=True)
class Style:
    """How to write: the language, whether the output takes only ASCII, and the currency of amounts.

    Attributes:
        language: of words, dates and numbers.
        is_ascii: whether accents and signs must be replaced.
        currency: what stands for the unit `currency`.
    """

    language: Language
    is_ascii: bool
    currency: str

    def word(self, key: str, **parts: object) -> str:
        """A word or sentence of the scorecard."""
        return _WORDS[self.language][key].format(**parts)

    def domain(self, domain: str) -> str:
        """The title of a domain."""
        return DOMAINS.get(domain, {}).get(self.language, domain)

    def month(self, start: date) -> str:
        """A month by its first day, such as `June 2024`."""
        return f"{_MONTHS[self.language][start.month - 1]} {start.year}"

    def sign(self, full: str, plain: str) -> str:
        """One of two signs for the same thing, the second where only ASCII is shown."""
        return plain if self.is_ascii else full

    def number(self, value: float, decimals: int = 0, *, signed: bool = False) -> str:
        """A number with the language's separators of thousands and decimals."""
        text = f"{value:{'+' if signed else '-'}z,.{decimals}f}"
        if self.language == "fr":
            return text.replace(",", "\N{NARROW NO-BREAK SPACE}").replace(".", ",")
        return text

    def quantity(self, value: float | None, unit: str, *, signed: bool = False) -> str:
        """A value with the decimals of its unit; `-` when it is unknown."""
        if value is None or not math.isfinite(value):
            return "-"
        return self.number(value, _decimals(unit), signed=signed)

    def unit(self, unit: str) -> str:
        """What stands behind a value."""
        if unit.startswith("currency"):
            return unit.replace("currency", self.currency, 1)
        _, english, french = UNITS.get(unit, (0, unit, unit))
        return french if self.language == "fr" else english

    def clean(self, text: str) -> str:
        """A text from the data without what could move the cursor, hide or reorder what is shown."""
        visible = "".join(" " if sign.isspace() else sign for sign in text if not _is_control(sign))
        if not self.is_ascii:
            return visible
        apart = unicodedata.normalize("NFKD", visible.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
        return (
            "".join(sign for sign in apart if not unicodedata.combining(sign))
            .encode("ascii", "replace")
            .decode("ascii")
        )


def _decimals(unit: str) -> int:
    return UNITS[unit][0] if unit in UNITS else 2


def _is_control(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs") and not sign.isspace()
