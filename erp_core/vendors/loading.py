"""Files of vendors, needs and decisions: strictly read YAML becomes the values of `schema`, or one error that lists
what is wrong with file, line and field.
"""

from __future__ import annotations

import datetime as dt
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails
from rapidfuzz import process

from erp_core.errors import BadInput, NotFound, Unavailable
from erp_core.files import strict_yaml
from erp_core.files.strict_yaml import Node, Refusal
from erp_core.text import T, Text
from erp_core.vendors.criteria import LEAVES, criterion_of
from erp_core.vendors.schema import Decision, Vendor

CODE = "vendors.bad_file"
_MOST = 20  # problems told at once

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `line` None: the file as a whole; `field` empty: no field in particular."""

    line: int | None
    field: str
    what: Text
    allowed: Text | None


def load_vendor(path: Path | str) -> Vendor:
    """The vendor in a YAML file. Errors as `load`."""
    return load(Vendor, Path(path))


def load_decision(path: Path | str) -> Decision:
    """The decision in a YAML file, such as `dump_decision` wrote. Errors as `load`."""
    return load(Decision, Path(path))


def load(model: type[Model], source: Path | str | bytes, name: str | None = None) -> Model:
    """The value in a YAML file (`Path`), or in its content (`str`, `bytes`); `name` is what errors call it.

    Raises BadInput (code `vendors.bad_file`) that names file, line, field, what is wrong and what is allowed, for up to
    twenty mistakes; NotFound or Unavailable where there is no file or it may not be read.
    """
    name = name or (source.name if isinstance(source, Path) else "YAML")
    try:
        root = strict_yaml.parse(_content(source))
    except Refusal as refusal:
        raise bad_file(name, [Problem(refusal.line, "", refusal.what, refusal.allowed)]) from None
    if root.fields is None:
        raise bad_file(name, [_without_fields(root)])
    given = root.plain()
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problems = _problems(model, root, error)
    raise bad_file(name, sorted(problems, key=lambda problem: problem.line or 0))


def _without_fields(root: Node) -> Problem:
    if isinstance(root.value, str) and "：" in root.value:
        told, allowed = (
            T("a full-width colon (：) ends the name of a field"),
            T("Write “: ” – a plain colon and a blank."),
        )
        return Problem(root.line, "", told, allowed)
    return Problem(root.line, "", T("the file does not hold fields"), T("Begin with “name: value”."))


def check(model: type[Model], given: Mapping[str, Any]) -> Model:
    """The value in fields that a form or a program gives.

    Raises BadInput (code `vendors.bad_value`) that names field, what is wrong and what is allowed.
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problems = [replace(problem, line=None) for problem in _problems(model, _as_node(given), error)]
    hint = T("Put these right and try again.")
    raise BadInput(_told_together([_told(problem) for problem in problems]), hint=hint, code="vendors.bad_value")


def _told_together(told: Sequence[Text]) -> Text:
    message = told[0]
    for text in told[1:_MOST]:
        message = T("{before}\n- {next}", before=message, next=text)
    return message


def _as_node(value: Any) -> Node:
    if isinstance(value, Mapping):
        fields = {str(key): _as_node(inner) for key, inner in value.items()}
        return Node(0, fields=fields, key_lines=dict.fromkeys(fields, 0))
    if isinstance(value, list | tuple):
        return Node(0, items=[_as_node(inner) for inner in value])
    return Node(0, value)


def bad_file(name: str, problems: Sequence[Problem]) -> BadInput:
    """The problems of one file as one error."""
    if len(problems) == 1:
        return BadInput(_told(problems[0], name), code=CODE)
    message = T("{file}: {count} things are wrong:", file=name, count=len(problems))
    for problem in problems[:_MOST]:
        message = T("{before}\n- {next}", before=message, next=_told(problem))
    if len(problems) > _MOST:
        message = T("{before}\n- and {count} more", before=message, count=len(problems) - _MOST)
    return BadInput(message, hint=T("Put these right and try again."), code=CODE)


def dump_decision(decision: Decision) -> str:
    """The decision as YAML that `load_decision` reads back equal: fields in the order of `schema`, Chinese as it is.

    Fields that say nothing (no value, an empty text or list, 0) are left out where the same is meant without them.
    """
    return _dumped(decision)


def dump_vendor(vendor: Vendor) -> str:
    """A vendor as YAML, in the manner of `dump_decision`."""
    return _dumped(vendor)


# --- from a file ---------------------------------------------------------------------------------------------------


def _content(source: Path | str | bytes) -> bytes:
    if isinstance(source, str):
        return source.encode("utf-8", errors="surrogatepass")
    if isinstance(source, bytes):
        return source
    try:
        with source.open("rb") as stream:
            return stream.read(strict_yaml.LIMIT_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(
            T("There is no file {name}.", name=str(source)), hint=T("Check the path."), code="file.unavailable"
        ) from None
    except OSError as error:
        raise Unavailable(
            T(
                "A file or folder cannot be used: {name}: {reason}",
                name=str(source),
                reason=error.strerror or str(error),
            ),
            hint=T("Check that it exists and may be read and written."),
            code="file.unavailable",
        ) from error


# --- what is wrong, in words ---------------------------------------------------------------------------------------


def _told(problem: Problem, file: str | None = None) -> Text:
    values = {"file": file, "line": problem.line, "field": problem.field}
    match bool(file), problem.line is not None, bool(problem.field):
        case True, True, True:
            where: Text | str = T("{file}, line {line}, {field}", **values)
        case True, True, False:
            where = T("{file}, line {line}", file=file, line=problem.line)
        case True, False, _:
            where = str(file)
        case False, True, True:
            where = T("line {line}, {field}", line=problem.line, field=problem.field)
        case False, True, False:
            where = T("line {line}", line=problem.line)
        case False, False, True:
            where = problem.field
        case _:
            return T("{what}. {allowed}", what=problem.what, allowed=problem.allowed or "")
    if problem.allowed:
        return T("{where}: {what}. {allowed}", where=where, what=problem.what, allowed=problem.allowed)
    return T("{where}: {what}.", where=where, what=problem.what)


def _problems(model: type[BaseModel], root: Node, error: ValidationError) -> list[Problem]:
    details = error.errors(include_url=False)
    return [_problem(model, root, detail) for detail in details if not _follows(detail)]


def _problem(model: type[BaseModel], root: Node, detail: ErrorDetails) -> Problem:
    kind, context = detail["type"], detail.get("ctx", {})
    spot = _spot(model, root, detail["loc"])
    place, line = spot.place, spot.line
    if kind in ("twice", "dangling", "criterion", "metric"):
        place, line = _culprit(spot, kind, context) or (place, line)
    if kind.startswith("union_tag_") and "'" in str(context.get("discriminator")):
        place = (*place, str(context["discriminator"]).strip("'"))
        line = spot.node.key_lines.get(str(place[-1]), line)
    names = _fields_of(spot.above) if kind == "extra_forbidden" else ()
    what, allowed = _words(detail, context, names)
    return Problem(line, _field(place), what, allowed)


@dataclass(frozen=True)
class _Spot:
    """Where in the file a location of pydantic lies: the path there, its line, its node (or the last one above it), and
    the kinds of value that may stand one step above."""

    place: Place
    line: int
    node: Node
    above: tuple[Any, ...]


def _spot(model: type[BaseModel], root: Node, loc: Sequence[str | int]) -> _Spot:
    """Locations name, besides fields and indices, which member of a union was looked at: no step in the file."""
    kinds: tuple[Any, ...] = (model,)
    above: tuple[Any, ...] = kinds
    node, place, line = root, [], root.line
    for step in loc:
        members = tuple(inner for kind in kinds for inner in _members(kind))
        tagged = tuple(inner for inner in members if step in _tags(inner))
        if len(members) > 1 and tagged:
            kinds = tagged
            continue
        if step == "[key]":
            continue
        above, kinds = kinds, tuple(inner for kind in members for inner in _one_step(kind, step))
        place.append(step)
        if node.fields is not None and step in node.fields:
            line = node.key_lines[str(step)]
            node = node.fields[str(step)]
        elif node.items is not None and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            line = node.line
    return _Spot(tuple(place), line, node, above)


def _field(place: Place) -> str:
    """`("plans", 0, "name")` → `plans[0].name`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")


def _culprit(spot: _Spot, kind: str, context: Mapping[str, Any]) -> tuple[Place, int] | None:
    """Where a mistake between parts of a document lies: the second of two, or the entry that names what is missing."""
    match kind:
        case "twice":
            found = _second(spot.node, context.get("list", ""))
        case "criterion" | "metric":
            found = _naming(spot.node, "requirements", {kind: context["given"]})
        case "dangling":
            named = {name: context[name] for name in ("vendor", "requirement") if name in context}
            found = (
                _naming(spot.node, "ratings", named)
                if len(named) > 1
                else _naming(spot.node, "quotes", named) or _alone(spot.node, context["vendor"])
            )
        case _:
            found = None
    return ((*spot.place, *found[0]), found[1]) if found else None


def _alone(node: Node, vendor: str) -> tuple[Place, int] | None:
    """Where a decision names a vendor outside of its lists of ratings and quotes."""
    fields = node.fields or {}
    if "chosen" in fields and fields["chosen"].value == vendor:
        return ("chosen",), fields["chosen"].line
    taken = fields.get("plans_taken")
    if taken is not None and vendor in (taken.fields or {}):
        return ("plans_taken", vendor), taken.key_lines[vendor]
    return _naming(node, "benefits", {"vendor": vendor})


def _second(node: Node, name: str) -> tuple[Place, int] | None:
    """The entry of a list whose key, or else name, stood there before."""
    seen = set()
    for index, entry in enumerate(_entries(node, name)):
        fields = entry.fields or {}
        word = next((word for word in ("key", "evaluator") if word in fields), "name")
        if word in fields and fields[word].value in seen:
            return (name, index, word), fields[word].line
        seen.add(fields[word].value if word in fields else None)
    return None


def _naming(node: Node, name: str, wanted: Mapping[str, Any]) -> tuple[Place, int] | None:
    """The entry of a list whose fields have these values; with one value, the field itself."""
    for index, entry in enumerate(_entries(node, name)):
        fields = entry.fields or {}
        if all(word in fields and fields[word].value == value for word, value in wanted.items()):
            if len(wanted) > 1:
                return (name, index), entry.line
            word = next(iter(wanted))
            return (name, index, word), fields[word].line
    return None


def _entries(node: Node, name: str) -> list[Node]:
    inner = (node.fields or {}).get(name)
    return inner.items or [] if inner else []


def _follows(detail: ErrorDetails) -> bool:
    """Whether a complaint only follows from another: a list whose entries are wrong is also called too short, a range
    without both its ends lacks its middle."""
    if detail["type"] == "too_short":
        return bool(len(detail["input"]) >= detail["ctx"]["min_length"])
    return detail["type"] == "missing" and detail["loc"][-2:] == ("range", "likely")


def _given(value: Any) -> Text | str:
    """A value of a file, short, for a sentence."""
    match value:
        case None:
            return T("nothing")
        case bool():
            return "true" if value else "false"
        case Mapping():
            return T("fields")
        case list() | tuple():
            return T("a list")
        case str():
            return f"“{value[:60]}{'…' if len(value) > 60 else ''}”"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
    return str(value)


def _words(detail: ErrorDetails, context: Mapping[str, Any], names: Sequence[str]) -> tuple[Text, Text | None]:
    """What is wrong, and what would be right."""
    kind, given = detail["type"], detail["input"]
    value = _given(given)
    match kind:
        case "missing":
            return T("this field is missing"), None
        case "extra_forbidden":
            return T("there is no field of this name"), _nearest(str(detail["loc"][-1]), names)
        case "float_type" | "float_parsing" | "int_type" | "int_parsing" | "int_from_float" if isinstance(given, str):
            return T("a number is wanted, not {given}", given=value), T(
                "Digits with a point and no unit: 1000.5; a share as 0.05; without quotes."
            )
        case "float_type" | "float_parsing":
            return T("a number is wanted, not {given}", given=value), None
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return T("a whole number is wanted, not {given}", given=value), None
        case "bool_type" | "bool_parsing":
            return T("true or false is wanted, not {given}", given=value), None
        case "string_type":
            scalar = not isinstance(given, Mapping | list | None)
            return T("a text is wanted, not {given}", given=value), T("Put the text in quotes.") if scalar else None
        case "tuple_type" | "list_type":
            return T("a list is wanted, not {given}", given=value), T("Begin each entry with “- ”.")
        case "model_type" | "model_attributes_type" | "mapping_type" | "dict_type":
            return T("fields are wanted, not {given}", given=value), T("Write “name: value”, indented.")
        case "date_type" | "date_from_datetime_parsing" | "date_parsing":
            return T("a date is wanted, not {given}", given=value), T("Write a date as 2026-11-25.")
    return (
        _words_of_limits(kind, value, context)
        or _words_of_schema(kind, value, context)
        or (
            T("{given} cannot be used here ({problem})", given=value, problem=detail["msg"]),
            None,
        )
    )


def _words_of_limits(kind: str, value: Text | str, context: Mapping[str, Any]) -> tuple[Text, Text | None] | None:
    match kind:
        case "enum" | "literal_error" | "union_tag_invalid":
            wrong = f"“{context['tag']}”" if kind == "union_tag_invalid" else value
            allowed = re.findall(r"'([^']*)'", str(context.get("expected") or context.get("expected_tags")))
            return T("{given} is not one of the values that are allowed", given=wrong), _nearest(
                str(wrong).strip("“”"), allowed
            )
        case "union_tag_not_found":
            return T("this field is missing, which says what kind it is"), None
        case "greater_than_equal":
            return T("{given} is too small", given=value), T("At least {bound}.", bound=_given(context["ge"]))
        case "greater_than":
            return T("{given} is too small", given=value), T("More than {bound}.", bound=_given(context["gt"]))
        case "less_than_equal":
            return T("{given} is too large", given=value), T("At most {bound}.", bound=_given(context["le"]))
        case "finite_number":
            return T("{number} is no finite number", number=value), None
        case "string_too_short":
            return T("this text is empty"), None
        case "too_short":
            return T("this list is empty"), None
        case "string_pattern_mismatch":
            return T("{given} is no key", given=value), T(
                "Lower-case letters, digits, “.”, “_” and “-”, with a letter or digit in front."
            )
        case "string_unicode":
            return T("a sign that no text may hold"), None
    return None


def _words_of_schema(kind: str, value: Text | str, context: Mapping[str, Any]) -> tuple[Text, Text | None] | None:
    match kind:
        case "currency":
            return T("{given} is no currency", given=value), T("Its code in capitals (ISO 4217): CNY, EUR, USD.")
        case "range_order":
            return T("the amounts are not in order"), T("low ≤ likely ≤ high; best below worst.")
        case "share":
            return T("the share is larger than the whole"), T("At most {bound}.", bound="1")
        case "twice" if "list" in context:
            return T("the same key or name stands twice in “{list}”", list=context["list"]), None
        case "twice":
            return T("a criterion stands twice"), None
        case "criterion":
            return T(
                "there is no criterion “{given}” that a requirement can belong to", given=context["given"]
            ), _nearest(context["given"], [leaf for leaf in LEAVES if criterion_of(leaf) != "cost"])
        case "metric":
            return T("there is no own number “{given}”", given=context["given"]), None
        case "pairwise_size":
            return T("the comparison is not as wide and high as there are criteria"), None
        case "points_size":
            return T("there is not one number of points for each criterion, or all are 0"), None
        case "dangling" if "requirement" in context:
            return T(
                "the vendor “{vendor}” or the requirement “{requirement}” is not in this document",
                vendor=context["vendor"],
                requirement=context["requirement"],
            ), None
        case "dangling":
            return T("the vendor “{vendor}” is not in this document", vendor=context["vendor"]), None
    return None


def _nearest(name: str, names: Sequence[str]) -> Text | None:
    """What was probably meant, and what there is."""
    if not names:
        return None
    allowed = ", ".join(names)
    found = process.extractOne(name, names, processor=str.lower, score_cutoff=70)
    if found:
        return T("Did you mean “{name}”? Allowed: {names}.", name=found[0], names=allowed)
    return T("Allowed: {names}.", names=allowed)


def _fields_of(kinds: Sequence[Any]) -> tuple[str, ...]:
    """The fields that may stand in values of these kinds."""
    models = [_bare(inner) for kind in kinds for inner in _members(kind)]
    return tuple(name for kind in models if _is_model(kind) for name in kind.model_fields)


def _one_step(kind: Any, step: str | int) -> Iterator[Any]:
    """The kind of a field, or of an entry of a list."""
    bare = _bare(kind)
    if isinstance(step, int) and get_args(bare):
        yield get_args(bare)[0]
    elif _is_model(bare) and step in bare.model_fields:
        field = bare.model_fields[step]
        yield Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _bare(kind: Any) -> Any:
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return kind


def _members(kind: Any) -> list[Any]:
    """The members of a union (but None), each still with its tag; any other kind is its own only one."""
    bare = _bare(kind)
    if get_origin(bare) in (Union, types.UnionType):
        return [inner for part in get_args(bare) if part is not type(None) for inner in _members(part)]
    return [kind]


def _tags(kind: Any) -> set[str]:
    """What locations call a member of a union."""
    tags = {mark.tag for mark in getattr(kind, "__metadata__", ()) if isinstance(mark, Tag)}
    bare = _bare(kind)
    if _is_model(bare) and "model" in bare.model_fields:
        annotation = bare.model_fields["model"].annotation
        tags |= set(get_args(annotation)) if get_origin(annotation) is Literal else set()
    return tags


# --- to a file -----------------------------------------------------------------------------------------------------

_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc]  # the library chooses its base at run time
    """Writes what `strict_yaml` reads back as the same value."""

    def ignore_aliases(self, _value: Any) -> bool:
        """One object in two places is written out in both: `strict_yaml` refuses anchors and aliases."""
        return True


def _text_node(dumper: Any, value: str) -> Any:
    try:
        plain = strict_yaml.scalar(value) == value
    except ValueError:
        plain = False
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else "'")


_Dumper.add_representer(str, _text_node)


def _dumped(value: BaseModel) -> str:
    return str(yaml.dump(_plain(value), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110))


def _plain(value: Any) -> Any:
    match value:
        case BaseModel():
            return _fields(value)
        case Enum():
            return value.value
        case Mapping():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case tuple() | list():
            return [_plain(inner) for inner in value]
        case float() if value.is_integer() and abs(value) < 1e15:
            return int(value)
        case bool() | int() | float() | str() | dt.date() | None:
            return value
    raise TypeError(type(value))


def _fields(value: BaseModel) -> dict[str, Any]:
    """The fields of a value but those that hold their default and say nothing by it: no value, an empty text, a 0."""
    written = {}
    for name, field in type(value).model_fields.items():
        given = getattr(value, name)
        plain = _plain(given)
        if plain or field.is_required() or given != field.get_default(call_default_factory=True):
            written[name] = plain
    return written
