"""Campaign: the loop of a search, from its configuration to its front.

    while not (stopped or budget spent):
        births = ask()                    mating pool, then variation
        evaluated = evaluate(births)      what is known is looked up, the rest refined and scored
        tell(evaluated)                   survivors, migration, front; one transaction

The transaction is committed by a thread of the store's while the next generation is bred and
evaluated; a generation is told of, and another one handed over, once it is stored.

Everything random comes from (seed, purpose, island, generation), and the store holds the rest of
the state, so that a campaign killed anywhere goes on to the same digest.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import numpy as np

from evosearch import seeding
from evosearch.adaptation import Adaptation
from evosearch.campaign.commits import Commits
from evosearch.campaign.executors import executor
from evosearch.campaign.finish import finish
from evosearch.campaign.front import Front
from evosearch.campaign.islands import Brood, bars_of, bred, rows_of, survived
from evosearch.campaign.parts import Parts
from evosearch.campaign.profile import Profile
from evosearch.campaign.progress import Progress, Sitting, progress_of
from evosearch.campaign.state import State, children_of
from evosearch.config import CampaignConfig, restore, stored
from evosearch.contracts import Charge, Operator, Scores, Status
from evosearch.errors import (
    ConfigError,
    EvaluatorError,
    EvosearchError,
    FingerprintError,
    StorageError,
    UsageError,
)
from evosearch.evaluation import Evaluated, Evaluation, Known
from evosearch.fingerprint import difference
from evosearch.population import Population
from evosearch.store import queries
from evosearch.store.failpoints import failpoint
from evosearch.store.records import (
    IndividualRows,
    KnownStructures,
    state_digest,
)
from evosearch.store.reservation import Reservation
from evosearch.store.store import Store
from evosearch.variation import Births

DEFAULT_STORAGE = "sqlite:///runs/evosearch.db"
PATIENCE = 0.01  # share of a generation's time that its commit may hold up the next one
MAX_IDLE = 100  # generations without anything new that end a campaign without a limit on them


class Campaign:
    """One search, driven by this process. Made by `create` or `load`; a context manager.

    Attributes:
        config: Its whole configuration.
        state: After the last generation that was told; `flush` waits until that is stored.
        reason: Why the budget says that it is done, None until then.
    """

    def __init__(
        self,
        parts: Parts,
        store: Store,
        campaign_id: int,
        prepared: Mapping[str, Any],
        seeds: Any = None,
    ) -> None:
        self.config = parts.config
        self.reason: str | None = None
        self._parts = parts
        self._store = store
        self._id = campaign_id
        self._prepared = prepared
        self._seeds = seeds
        self._stopping = False
        self._asked: Brood | None = None
        self._profile = Profile()
        self._sitting = Sitting()
        store.acquire(campaign_id)
        self._executor = executor(parts, prepared)
        self._evaluation = self._new_evaluation()
        self.state = self._resumed()
        self._adaptation = self._adapted()
        self._idle = self._idle_generations()
        self._check_seeds()
        self._commits = Commits(store.writer(campaign_id), self._rebuild, self._profile)

    # --- Making -------------------------------------------------------------------------------

    @classmethod
    def create(
        cls, config: CampaignConfig, storage: Store | str | None = None, seeds: Any = None
    ) -> Self:
        """A new campaign, stored but not yet run.

        Args:
            config: From `evosearch.config.load`.
            storage: A store opened for writing, or the database's URL; by default ``store.url``
                of the configuration, then `DEFAULT_STORAGE`.
            seeds: Genomes that join generation 0.

        Raises:
            CampaignExistsError: The name is taken.
            ConfigError, PluginError: The parts do not fit together.
            RefusedError: Its evaluator asks for more privacy than the data set has left.
        """
        parts = Parts.of(config)
        with _closing_on_error(storage or config.store.url or DEFAULT_STORAGE) as store:
            reservation = _reserved(parts, store)
            raw = parts.evaluator.prepare(seeding.key(config.campaign.seed, "prepare"))
            prepared = {name: np.asarray(array) for name, array in raw.items()}
            failpoint("after-prepare")
            campaign_id = store.create_campaign(parts.record(prepared), prepared, reservation)
            return cls(parts, store, campaign_id, prepared, seeds)

    @classmethod
    def load(
        cls,
        storage: Store | str,
        name: str,
        *,
        overrides: Sequence[str] = (),
        accept_change: bool = False,
        seeds: Any = None,
    ) -> Self:
        """A stored campaign, ready to go on after its last committed generation.

        Args:
            storage: A store opened for writing, or the database's URL.
            name: Of the campaign.
            overrides: ``section.key=value`` each; limits may change freely.
            accept_change: Go on although something else changed, and record what.
            seeds: As for `create`, needed again if no generation was committed yet.

        Raises:
            UsageError: There is no such campaign.
            FingerprintError: Something changed that the results depend on.
            CampaignLockedError: Another process drives it.
        """
        with _closing_on_error(storage) as store:
            campaign_id, record, prepared = store.load_campaign(name)
            config = restore(record.config, overrides)
            parts = Parts.of(config)
            now = parts.fingerprint()
            changes = difference(record.fingerprint, now)
            if changes and not accept_change:
                raise FingerprintError(
                    f"campaign {name!r} is not what it was when it was stored:\n  "
                    + "\n  ".join(changes)
                    + "\nundo the change, or go on with --accept-change, which records it"
                )
            campaign = cls(parts, store, campaign_id, prepared, seeds)
            if changes or stored(config) != record.config:
                reason = "; ".join(changes) or f"limits: {', '.join(overrides)}"
                try:
                    store.update_config(campaign_id, stored(config), now, reason)
                except BaseException:
                    campaign.close()
                    raise
            return campaign

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the campaign and its store go, once the last generation is stored.

        Raises:
            EvosearchError: It could not be stored.
        """
        try:
            self._commits.close()
        finally:
            self._executor.close()
            self._store.close()

    # --- Running ------------------------------------------------------------------------------

    def run(self, callback: Callable[[Progress], None] | None = None) -> str:
        """Search until the budget is spent or `stop` is called.

        Args:
            callback: Called in this thread of every committed generation, in order; as a rule
                while the next one is in progress.

        Returns:
            ``finished`` when the budget is spent, ``paused`` when stopped.
        """
        self._store.set_state(self._id, "running")
        try:
            self._search(callback)
            if self.reason is None:
                return self._end("paused")
            self.finish()
            return self._end("finished")
        except StorageError:
            raise
        except EvosearchError as error:
            self._store.record_event(self._id, "failed", {"error": str(error)}, "error")
            self._end("failed")
            raise

    def _search(self, callback: Callable[[Progress], None] | None) -> None:
        self._commits.callback = callback
        try:
            while not self._stopping and self.spent() is None:
                births = self.ask()
                evaluated = self.evaluate(births)
                self.tell(evaluated)
        finally:
            self.flush()

    def stop(self) -> None:
        """End `run` after the generation in progress; may be called from a signal handler."""
        self._stopping = True

    def spent(self) -> str | None:
        """Why the budget is spent, None while it is not."""
        state = self.state
        if state.generation >= 0:
            self.reason = self.config.budget.spent(
                generation=state.generation,
                evaluations=state.evaluations,
                seconds=state.seconds,
                front=state.front.objectives,
                objectives=self._parts.evaluator.objectives,
            )
            if (
                self.reason is None
                and self._idle >= MAX_IDLE
                and not self.config.budget.generations
            ):
                self.reason = f"{self._idle} generations in which nothing new was born"
        return self.reason

    def finish(self) -> None:
        """Validate and polish the members of the front that were not yet."""
        self.flush()
        name = self.config.campaign.name
        finish(self._store, self._id, name, self._parts.evaluator, self._prepared)

    def front(self) -> Front:
        """The individuals that no other one dominates."""
        return self.state.front

    # --- One generation -----------------------------------------------------------------------

    def ask(self, n: int | None = None) -> Births:
        """Children to score next: ``n`` of each island, by default the configured population.

        Raises:
            UsageError: Those asked for last were not told yet.
        """
        if self._asked is not None:
            raise UsageError("ask() was called twice: tell() the last children's scores first")
        seeds = self._seeds if self.state.generation < 0 else None
        n = n or self.config.algorithm.population
        with self._profile.part("breed"):
            self._asked = bred(self._parts, self._operators(), self.state, n, seeds)
        return self._asked.births

    def evaluate(self, births: Births) -> Evaluated:
        """Refined children and their scores; what is known is looked up."""
        bars = bars_of(self._parts.algorithm, self.state.islands)
        evaluated = self._evaluation.evaluate(births.genomes, bars)
        self._profile.add(evaluated.seconds)
        return evaluated

    def tell(self, result: Evaluated | Scores) -> None:
        """End a generation: survivors, migration and front, stored in one transaction.

        The transaction may still be under way when this returns; `flush` waits for it.

        Args:
            result: From `evaluate`, or scores from elsewhere, in the order of the children.

        Raises:
            UsageError: No children were asked for.
            EvosearchError: This generation or the one before could not be stored.
        """
        if self._asked is None:
            raise UsageError("tell() before ask(): there are no children to be scored")
        brood = self._asked
        if isinstance(result, Scores):
            result = self._evaluation.accept(brood.births.genomes, result)
        with self._profile.part("select"):
            populations, front, rows = self._selected(brood, result)
        self._commits.settle()
        profile = self._profile.lap()
        state = State(
            self.state.generation + 1,
            state_digest(self.state.digest, rows),
            self.state.evaluations + result.evaluations,
            self.state.seconds + profile["total"],
            self.state.next_id + len(result),
            populations,
            front,
        )
        self._sitting = self._sitting.after(result, profile["total"])
        self._idle = 0 if result.evaluations else self._idle + 1
        record = state.record(rows, profile, self._parts.evaluator.objectives)
        if self._adaptation:
            new = front.ids[front.ids >= self.state.next_id] - self.state.next_id
            self._adaptation = self._adaptation.after([rows.operators[row] for row in new])
        self._commits.begin(record, self._progress_at(state), PATIENCE * profile["total"])
        self.state, self._asked = state, None

    def flush(self) -> None:
        """Wait until the last generation told is stored.

        Raises:
            EvosearchError: It could not be stored.
        """
        self._commits.settle()

    def _operators(self) -> Mapping[str, Operator]:
        """Operators with the weights that they have now."""
        operators = self._parts.operators
        return self._adaptation.applied(operators) if self._adaptation else operators

    def _selected(
        self, brood: Brood, evaluated: Evaluated
    ) -> tuple[list[Population], Front, IndividualRows]:
        """Who lives on, on each island; the new front; what the store keeps of the children."""
        parts, state = self._parts, self.state
        ids = state.next_id + np.arange(len(evaluated))
        children = children_of(evaluated, ids, state.generation + 1, parts.evaluator)
        populations = survived(parts, state, children, brood.islands)
        front = state.front.joined(children, parts.evaluator.objectives, parts.space)
        return populations, front, rows_of(brood, evaluated, children)

    # --- Telling ------------------------------------------------------------------------------

    def progress(self) -> Progress:
        """Where the campaign stands after its last generation, once that is stored."""
        self.flush()
        return self._progress_at(self.state)()

    def _progress_at(self, state: State) -> Callable[[], Progress]:
        """Makes what to tell of a state; put off, because not everybody wants to know."""
        evaluator = self._parts.evaluator
        seconds = float(getattr(evaluator, "compile_seconds", 0.0))
        seconds += self._executor.compile_seconds
        return partial(
            progress_of, self.config, evaluator.objectives, state, self._sitting, seconds
        )

    def _end(self, state: Any) -> str:
        self._store.set_state(self._id, state)
        return str(state)

    # --- Coming back --------------------------------------------------------------------------

    def _new_evaluation(self) -> Evaluation:
        parts = self._parts
        worker = parts.worker(self._prepared)
        shared = None
        if not worker.refines:
            shared = Known(parts.evaluator.objectives, len(parts.evaluator.measures))
            key = parts.record(self._prepared).evaluator_key
            known = self._store.known_scores(key, parts.fidelity)
            ok = np.flatnonzero(known.status == Status.OK)
            digests = [known.digests[row] for row in ok]
            shared.remember(digests, known.objectives[ok], known.status[ok], known.measures[ok])
        return Evaluation(
            worker,
            self._executor,
            batch=parts.batch,
            max_fits=self.config.algorithm.max_fits,
            promote=self.config.algorithm.promote,
            shared=shared,
        )

    def _resumed(self) -> State:
        """State after the last committed generation."""
        point = self._store.resume_point(self._id)
        evaluator = self._parts.evaluator
        if point is None:
            return State.initial(self.config.algorithm.islands, len(evaluator.objectives))
        return State.restored(point, self._rebuild(), self._parts.space, evaluator)

    def _adapted(self) -> Adaptation | None:
        """Weights of operators after all generations; None where they stay as they are."""
        if not self.config.algorithm.adapt_operators:
            return None
        found = queries.newcomers(self._store, self.config.campaign.name)
        return Adaptation.over(self._parts.operators).replayed(found)

    def _idle_generations(self) -> int:
        """How many of the last generations scored nobody."""
        if self.state.generation < 0:
            return 0
        name = self.config.campaign.name
        evaluations = queries.generations(self._store, name).evaluations
        return int((evaluations == evaluations[-1]).sum()) - 1

    def _rebuild(self) -> KnownStructures:
        """Make evaluation know what the store knows, no more and no less."""
        known = self._store.structures(self._id)
        self._evaluation.rebuild(
            known.digests,
            (known.objectives, known.status, known.measures),
            known.structures,
            known.genomes,
            known.refined,
        )
        return known

    def _check_seeds(self) -> None:
        wanted = self.config.campaign.seeds
        if wanted and self._seeds is None and self.state.generation < 0:
            raise ConfigError(
                f"campaign.seeds: generation 0 needs the programs of {', '.join(wanted)}; "
                "pass them to Campaign as `seeds`"
            )


def _reserved(parts: Parts, store: Store) -> Reservation | None:
    """What the evaluator is about to spend, charged before it does; None where that is nothing."""
    charge = getattr(parts.evaluator, "charge", None)
    if charge is None:
        return None
    record = parts.record({})
    store.check_new(record)
    asked = charge()
    if asked is None:
        return None
    if not isinstance(asked, Charge):
        raise EvaluatorError(
            f"{parts.evaluator_plugin.name}: charge() must return a Charge or None, received "
            f"{type(asked).__name__}"
        )
    failpoint("before-reserve")
    return store.reserve(record.name, asked)


@contextmanager
def _closing_on_error(storage: Store | str) -> Iterator[Store]:
    """The store; when something fails inside and we opened it, it is closed again."""
    store = Store.open(storage, "write") if isinstance(storage, str) else storage
    try:
        yield store
    except BaseException:
        if isinstance(storage, str):
            store.close()
        raise
