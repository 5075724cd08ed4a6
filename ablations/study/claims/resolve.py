"""From claims in a study file to claims about arms, with every mistake in them, each at its line."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ablations.statistics import Relation
from ablations.study.across import Block, named_block
from ablations.study.arm import Arm, LeftOut
from ablations.study.claims import grammar
from ablations.study.claims.arm_lookup import ArmsByName, Where
from ablations.study.claims.measures import MEASURES
from ablations.study.claims.records import (
    Claim,
    ClaimedEffect,
    ClaimWords,
    OfArms,
    OfEffects,
    OfFactors,
    OfGenerators,
    Test,
)
from gan_core.problems import Problem, UserError

EVERY_ARM = "every arm"
WITH_EFFECTS = ("factorial", "fractional")  # designs in which an effect is seen over all arms


def resolve_claims(
    written: Mapping[str, ClaimWords],
    arms: Sequence[Arm],
    left_out: Sequence[LeftOut],
    blocks: Sequence[Block] = (),
    in_blocks: Sequence[Arm] = (),
) -> tuple[tuple[Claim, ...], list[Problem]]:
    """The claims in the file's order, and what is wrong with the others.

    In a study across several `blocks` the arms have their own names, and a claim is about all blocks together, or
    about one `block`; `in_blocks` are the arms of all of them. A block need not have every arm, nor measure what the
    others do.
    """
    every = ArmsByName(arms, left_out, in_blocks or arms)
    claims: list[Claim] = []
    problems: list[Problem] = []
    for name, claim in written.items():
        try:
            about = _block_of(name, claim, blocks)
            resolved = _claim(name, claim, _of_block(about, in_blocks, left_out) if about else every)
            if blocks and not about:
                _refuse_unpooled(resolved, ("claims", name))
            claims.append(resolved.model_copy(update={"block": about}))
        except UserError as error:
            problems += error.problems
    return tuple(claims), problems


def _block_of(name: str, claim: ClaimWords, blocks: Sequence[Block]) -> str:
    if claim.block is None:
        return ""
    where: Where = ("claims", name, "block")
    if not blocks:
        raise UserError(Problem("the study has one setting only", where, "`across`, for several; else no `block`"))
    found = named_block(claim.block, blocks, where)
    if isinstance(found, Problem):
        raise UserError(found)
    return found.name


def _of_block(block: str, arms: Sequence[Arm], left_out: Sequence[LeftOut]) -> ArmsByName:
    """The arms of one block, by their own names."""
    own = [replace(arm, name=arm.alone) for arm in arms if arm.block == block]
    return ArmsByName(own, [left for left in left_out if left.block == block], [a for a in arms if a.block == block])


def _refuse_unpooled(claim: Claim, where: Where) -> None:
    """Refuse what is not asked of all blocks together: an average over them is one of effects on scores."""
    arms = isinstance(claim.test, OfArms) and MEASURES[claim.metric].sort != "count"
    factors = isinstance(claim.test, OfFactors) and claim.metric == "fid"
    if claim.test is not None and not arms and not factors:
        message = "this can't be asked of all blocks together"
        raise UserError(Problem(message, where, "`block`, with the name of one; or the scores of two arms, `A < B`"))


def _claim(name: str, claim: ClaimWords, known: ArmsByName) -> Claim:
    where: Where = ("claims", name)
    stated = Claim(name=name, statement=claim.statement, source=claim.source, metric=claim.metric)
    if (claim.comparison is None) == (claim.not_tested is None):
        message = "both of them" if claim.comparison is not None else "neither a comparison nor why there is none"
        raise UserError(Problem(message, where, "`comparison`, or `not_tested` with the reason"))
    if claim.comparison is None:
        return stated.model_copy(update={"not_tested": claim.not_tested})
    where = (*where, "comparison")
    try:
        parsed = grammar.read_comparison(claim.comparison)
    except ValueError as error:
        raise UserError(Problem(f"{claim.comparison!r}: {error}", where, grammar.ALLOWED)) from None
    test = _test(parsed, known, where)
    relation = _relation(parsed.sign, claim.metric)
    _refuse_what_cannot_be(test, relation, claim.metric, known, where)
    return stated.model_copy(update={"comparison": claim.comparison, "relation": relation, "test": test})


def _relation(sign: grammar.Sign, metric: str) -> Relation:
    """The relation of the numbers: better is lower, or higher, depending on the metric."""
    if sign in ("better than", "worse than"):
        return "<" if (sign == "better than") == MEASURES[metric].lower_is_better else ">"
    relations: dict[str, Relation] = {"<": "<", ">": ">", "=": "="}
    return relations[sign]


def _test(parsed: grammar.ComparisonTerm, known: ArmsByName, where: Where) -> Test:
    match parsed.left, parsed.right:
        case grammar.ArmTerm(left), grammar.ArmTerm(right):
            return OfArms(left=known.find(left, where), right=known.find(right, where))
        case grammar.EffectTerm() as left_effect, grammar.EffectTerm() as right_effect:
            return OfEffects(left=_effect(left_effect, known, where), right=_effect(right_effect, known, where))
        case grammar.Factors(names), _:
            return _factors(names, known, where)
        case grammar.Generators(of, arm), _:
            arms = tuple(known.arms) if arm == EVERY_ARM else (known.find(arm, where),)
            return OfGenerators(left=of, arms=arms)
    raise AssertionError(parsed)  # grammar.read_comparison lets no others through


def _effect(effect: grammar.EffectTerm, known: ArmsByName, where: Where) -> ClaimedEffect:
    tricks, company = known.tricks(effect.trick, where), frozenset[str]()
    if effect.company:
        company = known.tricks(effect.company, where)
    if tricks <= company:
        message = f"{effect.trick!r} is on in {effect.company or 'the baseline'!r} already"
        raise UserError(Problem(message, where, "a trick that is not"))
    return ClaimedEffect(
        with_it=known.with_tricks(tricks | company, where), without_it=known.with_tricks(company, where)
    )


def _factors(names: tuple[str, ...], known: ArmsByName, where: Where) -> OfFactors:
    if (design := next(iter(known.arms.values())).design) not in WITH_EFFECTS:
        message = f"design {design} has no main effects and interactions"
        hint = f"`effect of X [with A]`, or designs {', '.join(WITH_EFFECTS)}"
        raise UserError(Problem(message, where, hint))
    factors = tuple(known.factor(name, where) for name in names)
    if len(set(factors)) < len(factors):
        raise UserError(Problem(f"{factors[0]!r} is there twice", where, "two tricks"))
    return OfFactors(factors=factors, arms=tuple(known.arms))


def _refuse_what_cannot_be(test: Test, relation: Relation, metric: str, known: ArmsByName, where: Where) -> None:
    """Refuse comparisons of an arm with itself, and metrics that say nothing about these arms."""
    if (isinstance(test, OfArms) and test.left == test.right) or (
        isinstance(test, OfEffects) and test.left == test.right
    ):
        raise UserError(Problem("both sides are the same", where, "two sides that differ"))
    measure = MEASURES[metric]
    at = (*where[:-1], "metric")
    if measure.sort == "count" and not isinstance(test, OfArms):
        raise UserError(Problem(f"{metric!r} counts runs: it compares arms alone", at, "a score"))
    if measure.sort == "count" and relation == "=":
        raise UserError(Problem(f"{metric!r} counts runs: so few seeds never show that two counts are equal", at))
    if measure.sort == "run" and isinstance(test, OfGenerators):
        raise UserError(Problem(f"{metric!r} is no score of a generator", at, "a score"))
    if measure.sort == "score" and (lacking := list(known.unmeasured(test.arms, metric))):
        message = f"{metric!r} is not measured in {', '.join(lacking[:3])}{' ...' if len(lacking) > 3 else ''}"
        raise UserError(Problem(message, at, f"`metrics: [..., {metric}]` in the baseline"))
