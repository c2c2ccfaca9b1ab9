"""The one home of a figure: one row each.

Strategy: whoever counts, checks, derives or shows a figure reads its row here. A process's meters count what has a
`counter`. A record is checked by `form`, `required` and the range. A frame has a column for each row, and computes those
that have `derive`. A workload's tables show what has a `column`. And scripts/figures.py prints the table of docs/design.md.
A new figure is a row here, and the line that reads it where it is counted.

No numpy, no pandas, and nothing of the suite is imported: timed processes read this file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

STARTS_APART_FROM = 2  # the schema from which on CPU per op leaves out the start-up (bench/store/schema.py)
Kind = Literal["given", "counted", "measured", "derived"]
# What stands in a record. `value`: not in its metadata, but the one value of a pyperf file.
Form = Literal["number", "whole", "text", "histogram", "timeline", "value"]


class Counter(NamedTuple):
    """What the meters of every process of a cell count, a whole number: `per` of them are one of the figure's unit.

    `left_out` of a record: where it is "zero", or below so much CPU that the kernel's clock "ticks" decide it.
    """

    name: str
    per: float = 1
    left_out: Literal["", "zero", "ticks"] = ""


class Column(NamedTuple):
    """A column of a workload's two general tables, what it costs and its waits and phases; the rows' order is theirs.

    Shown is the median over rounds times `scale`, as significant `digits`, with its `interval` (`states`: instead, each
    group of rounds, where these fall into several), as `per cent`, or as a `whole` number; `late`: this `quantile` of the lateness of all rounds' ops. `alike`: it means something only where
    all ops are alike. `note`: what is said below a table that has the column.
    """

    table: Literal["costs", "phases"]
    heading: str
    show: Literal["digits", "interval", "states", "per cent", "whole", "late"] = "digits"
    scale: float = 1
    quantile: float = 0
    alike: bool = False
    note: str = ""


class Figure(NamedTuple):
    """One figure. `name`: its key in a record, and its column in a frame. `legend`: what it is, in plain words.

    `least`, `most`, `above_zero`: its range. What a clock or a kernel can get wrong by itself has none.
    `needed_with`: a record that has one of these, and not as 0, must have this one, too.
    `per_op`: what a frame calls it divided by the ops; where there is that, `column` shows that.
    `derive` takes the figures `of`, NaN for one that is not there; it returns NaN where it does not apply.
    """

    name: str
    unit: str
    kind: Kind
    legend: str
    form: Form = "number"
    required: bool = False
    least: float | None = None
    most: float | None = None
    above_zero: bool = False
    needed_with: tuple[str, ...] = ()
    counter: Counter | None = None
    per_op: str = ""
    of: tuple[str, ...] = ()
    derive: Callable[..., float] | None = None
    column: Column | None = None

    @property
    def recorded(self) -> bool:
        """Does it stand in a record's metadata?"""
        return self.kind != "derived" and self.form != "value"

    @property
    def numeric(self) -> bool:
        """Is it a number?"""
        return self.form in {"number", "whole", "value"}

    def in_range(self, value: float) -> bool:
        """Can it be?"""
        if self.above_zero and value <= 0:
            return False
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


def per(figure: float, of: float) -> float:
    """Divide one figure by another; NaN where the other is 0."""
    return figure / of if of else math.nan


def demand(cpu_s: float, ops: float, start_cpu_s: float, running_ops: float, schema: float) -> float:
    """CPU per op while all flows were running. NaN where fewer than half of the ops ended then, or nobody read the clocks.

    The whole work phase counts where flows leave no stamps to go by, and in records from before there was a start-up's CPU.
    """
    if schema < STARTS_APART_FROM or math.isnan(running_ops):
        return per(cpu_s, ops)
    return per(cpu_s - start_cpu_s, running_ops) if 2 * running_ops >= ops else math.nan


def later(first_s: float, *others_s: float) -> float:
    """What an op took in the last three quarters of the ops, against the first."""
    return per(math.fsum(others_s) / len(others_s), first_s)


def not_below_0(value: float, schema: float) -> float:
    """Records from before had the readings around the gates among what others used, and were shown from 0 on; later ones as they are."""
    return 0.0 if value < 0 and schema < STARTS_APART_FROM else value


def idle(cpu_s: float, interference_s: float, work_s: float, schema: float) -> float:
    """The share of the work phase in which the core had nothing to do: what clocks leave over, which is not clipped."""
    return not_below_0(1 - per(cpu_s + not_below_0(interference_s, schema), work_s), schema)


def others(interference_s: float, work_s: float, schema: float) -> float:
    """The share of it that others used; below 0 where more was counted than there was."""
    return not_below_0(per(interference_s, work_s), schema)


def given(name: str, unit: str, legend: str, form: Form = "number", **rest: Any) -> Figure:
    """What a cell was asked to be or do: its record repeats it."""
    return Figure(name, unit, "given", legend, form, **rest)


def count(name: str, legend: str, *, unit: str = "", required: bool = True, **rest: Any) -> Figure:
    """How many there were."""
    return Figure(name, unit, "counted", legend, "whole", required, 0, **rest)


def percentile(name: str, legend: str, column: Column | None = None) -> Figure:
    """A percentile, or the most, of one cell's ops: there where ten samples lie beyond it."""
    return Figure(name, "s", "measured", legend, column=column)


def memory(name: str, legend: str) -> Figure:
    """What came between two readings of the machine's memory, which others use, too."""
    return Figure(name, "B", "measured", legend)


GIVEN = (
    given("schema", "", "the version of the record's form", "whole", required=True),
    given("name", "", "the cell", "text", required=True),
    given("workload", "", "what every flow does", "text", required=True),
    given("model", "", "how flows are run", "text", required=True),
    given("kind", "", "the model's kind", "text", required=True),
    given("flows", "", "the number of flows, N", "whole", required=True, least=0),
    given("ops_per_flow", "", "ops of each flow, k", "whole", required=True, least=0),
    given("round", "", "the round", "whole", required=True),
    given("attempt", "", "which attempt at it", "whole", required=True),
    given("seed", "", "what flows draw their waits from", "whole", required=True),
    given("pin", "", "1: on one core", "whole", required=True),
    given("cpu_pinned", "", "which core", "whole", required=True),
    given("wait_s", "s", "the wait that each op asks for, on average", required=True, least=0),
    given("wait", "", "is each wait drawn, or are all the same?", "text"),
    given("phase", "", "does the first wait begin before the gate opens?", "text", required=True),
    given("measure", "", "what the cell is about", "text"),
    given("at_once", "", "how many flows can be under way at once"),
    given("payload_bytes", "B", "the size of a page"),
    given("read_method", "", "how a read passes the page cache by", "text"),
    given("read_kib", "KiB", "the size of a read", needed_with=("read_method",)),
    given("pool", "", "the workers of a pool", needed_with=("read_method",)),
    given("timer_ms", "ms", "the wait of a timer beside reads"),
    given("work_ms", "ms", "what each piece of work burns"),
    given("burn_pct", "%", "the share of an op that burns CPU"),
    given("burn_ms", "ms", "how long CPU is burnt at a time", needed_with=("tick_ms",)),
    given("tick_ms", "ms", "how often a flow is due beside that", needed_with=("burn_ms",)),
    given("switch_us", "µs", "how long a thread may keep the GIL", needed_with=("burn_ms", "tick_ms")),
    given("load_pct", "%", "the load, a share of the capacity"),
    given("capacity", "1/s", "what the model can serve", above_zero=True, needed_with=("load_pct",)),
)

COSTS = (
    Figure(
        "T",
        "s",
        "measured",
        "the work phase, from the gate's opening to the last flow's end; of cells that are about making flows, create and join",
        "value",
        column=Column("costs", "time T, s", "interval"),
    ),
    Figure(
        "overhead",
        "",
        "derived",
        "T / T∞, the longest sum of one flow's waits",
        of=("T", "wait_longest_s"),
        derive=per,
        column=Column("costs", "T over longest wait", alike=True),
    ),
    Figure(
        "X",
        "1/s",
        "derived",
        "throughput: ops / T",
        of=("ops_done", "T"),
        derive=lambda ops, time_s: per(ops, time_s) if ops else math.nan,
        column=Column("costs", "ops per s", alike=True),
    ),
    Figure(
        "D",
        "s",
        "derived",
        "CPU per op, the service demand: (C − start_cpu_s) / running_ops, blank where that is fewer than half of the ops; C / ops where flows leave no stamps to go by, and in records of schema 1",
        of=("cpu_s", "ops_done", "start_cpu_s", "running_ops", "schema"),
        derive=demand,
        column=Column(
            "costs",
            "CPU per op, µs",
            "states",
            1e6,
            alike=True,
        ),
    ),
    count("ops_done", "ops that all flows did together, N·k"),
    count("bytes_done", "what flows read or wrote", unit="B", required=False),
    count("checksum", "CRC-32 over it, flow by flow", required=False),
    Figure(
        "cpu_s",
        "s",
        "counted",
        "C, the CPU of all processes of the cell in the work phase",
        required=True,
        above_zero=True,
        counter=Counter("cpu_ns", 1e9),
    ),
    Figure(
        "children_cpu_s",
        "s",
        "counted",
        "the part of it that children of flows used, start and end included, if they were waited for; left out where there are none",
        least=0,
        counter=Counter("children_ns", 1e9, "zero"),
    ),
    Figure(
        "start_cpu_s",
        "s",
        "measured",
        "the part of C until every flow had ended its first op, or as many as can be under way at once",
    ),
    Figure(
        "start_cpu_share",
        "",
        "derived",
        "the same / C",
        of=("start_cpu_s", "cpu_s"),
        derive=per,
        column=Column(
            "costs",
            "CPU before all flows ran",
            "per cent",
            note="CPU per op leaves out what was used before all flows ran: it is the CPU from when every flow had ended its first op, over the ops that ended after that. It is blank where those are fewer than half.",
        ),
    ),
    count("running_ops", "ops that ended after that", required=False),
    *(
        Figure(f"D{i}", "s", "measured", f"CPU per op of the {which} quarter of those ops")
        for i, which in enumerate(("first", "second", "third", "fourth"), 1)
    ),
    Figure(
        "D_later",
        "",
        "derived",
        "CPU per op of the last three quarters / that of the first",
        of=("D1", "D2", "D3", "D4"),
        derive=later,
    ),
    Figure(
        "looks_apart_s",
        "s",
        "measured",
        "the longest time between two readings of the CPU clocks from outside",
        least=0,
    ),
    Figure(
        "read_late_s",
        "s",
        "measured",
        "how long after the last flow's end the CPU clock was read: C has the CPU of that, which is no work",
        least=0,
    ),
    Figure(
        "received_here_s",
        "s",
        "measured",
        "with softirq=1: how long the kernel was receiving (softirq NET_RX) on the cell's own account after that; over loopback, for the other end",
        least=0,
    ),
    Figure(
        "received_there_s",
        "s",
        "measured",
        "the same on the server's account: for the cell",
        least=0,
    ),
    Figure(
        "received_here_per_op",
        "s",
        "derived",
        "received_here_s / running_ops",
        of=("received_here_s", "running_ops"),
        derive=per,
        column=Column(
            "costs",
            "receiving for the other end, µs per op",
            scale=1e6,
            note="Receiving for the other end: over loopback, the kernel does the receiver's network work in the sender's context, so a part of a model's CPU is the server's receiving, and the server has the model's. With softirq=1 both are timed, by the tracepoints irq:softirq_entry and irq:softirq_exit. Put right is CPU per op less the one and plus the other; what timing costs is in it.",
        ),
    ),
    Figure(
        "received_there_per_op",
        "s",
        "derived",
        "received_there_s / running_ops",
        of=("received_there_s", "running_ops"),
        derive=per,
        column=Column("costs", "its receiving by the server, µs per op", scale=1e6),
    ),
    Figure(
        "D_put_right",
        "s",
        "derived",
        "D − received_here_per_op + received_there_per_op: CPU per op as if each end had paid for its own receiving",
        of=("D", "received_here_per_op", "received_there_per_op"),
        derive=lambda demand_s, here_s, there_s: demand_s - here_s + there_s,
        column=Column("costs", "CPU per op put right, µs", scale=1e6),
    ),
    Figure("cpu_user_s", "s", "counted", "its user part, by ticks", least=0, counter=Counter("user_us", 1e6, "ticks")),
    Figure(
        "cpu_system_s", "s", "counted", "its kernel part, by ticks", least=0, counter=Counter("system_us", 1e6, "ticks")
    ),
    Figure(
        "user_share",
        "",
        "derived",
        "the user part of the CPU",
        of=("cpu_user_s", "cpu_system_s"),
        derive=lambda user_s, system_s: per(user_s, user_s + system_s),
    ),
    Figure(
        "system_share",
        "",
        "derived",
        "the kernel's part of the CPU",
        of=("user_share",),
        derive=lambda user_share: 1 - user_share,
        column=Column(
            "costs",
            "of it in the kernel",
            "per cent",
            note="The kernel's share of the CPU time is counted in the kernel's clock ticks, so it is shown only where a cell used at least half a second of CPU.",
        ),
    ),
    count(
        "switches_voluntary",
        "switches by the kernel from a task that waits",
        counter=Counter("voluntary"),
        per_op="voluntary_per_op",
        column=Column("costs", "switches per op, voluntary"),
    ),
    count(
        "switches_involuntary",
        "switches by the kernel from a task that could go on",
        counter=Counter("involuntary"),
        per_op="involuntary_per_op",
        column=Column("costs", "switches per op, involuntary"),
    ),
    Figure(
        "switches_per_op",
        "",
        "derived",
        "switches of both kinds per op",
        of=("switches_voluntary", "switches_involuntary", "ops_done"),
        derive=lambda voluntary, involuntary, ops: per(voluntary + involuntary, ops),
    ),
    count(
        "page_faults",
        "page faults of both kinds, minor and major",
        counter=Counter("faults"),
        per_op="faults_per_op",
        column=Column("costs", "page faults per op"),
    ),
    Figure(
        "read_bytes",
        "B",
        "counted",
        "bytes that flows made the disk give; left out where there are none",
        least=0,
        counter=Counter("read_bytes", left_out="zero"),
    ),
)

WAITS = (
    Figure("wait_asked_s", "s", "measured", "the mean wait asked for per op", least=0),
    Figure("wait_given_s", "s", "measured", "the mean wait really given per op", least=0),
    Figure(
        "Z",
        "s",
        "derived",
        "the same",
        of=("wait_given_s",),
        derive=float,
        column=Column(
            "phases",
            "wait given, ms",
            scale=1e3,
            note="Wait given: the mean per op; where a server gives it, it grows with the number of requests that come at once.",
        ),
    ),
    Figure("wait_longest_s", "s", "measured", "T∞, the longest sum of the waits of one flow", least=0),
    percentile(
        "late_p50_s",
        "median of lateness: an op's end − when it was due",
        Column(
            "phases",
            "late p50, ms",
            "late",
            quantile=0.5,
            note="Lateness pools the ops of all rounds; a percentile needs ten ops beyond it, and the ends of its 95 % interval come from drawing whole rounds again, from six rounds on.",
        ),
    ),
    percentile("late_p90_s", "its 90th percentile"),
    percentile("late_p99_s", "its 99th percentile", Column("phases", "late p99, ms", "late", quantile=0.99)),
    percentile("late_p999_s", "its 99.9th percentile", Column("phases", "late p99.9, ms", "late", quantile=0.999)),
    percentile("late_max_s", "the latest op")._replace(needed_with=("load_pct", "tick_ms")),
    Figure("late_histogram", "", "measured", "lateness of every op, log-linear buckets of ns", "histogram"),
    count("late_samples", "ops that have a lateness"),
    count("early_ops", "ops that waited less than asked"),
    Figure(
        "early_share",
        "",
        "derived",
        "their share",
        of=("early_ops", "late_samples"),
        derive=per,
        column=Column("phases", "early ops", "per cent"),
    ),
    Figure(
        "response_s",
        "s",
        "measured",
        "R, the mean time that an op takes, its wait included",
        least=0,
    ),
    percentile("op_p50_s", "median of an op's own duration, where no wait was asked for"),
    percentile("op_p90_s", "its 90th percentile"),
    percentile("op_p99_s", "its 99th percentile"),
    percentile("op_p999_s", "its 99.9th percentile"),
    percentile("op_max_s", "the longest op"),
    Figure("op_histogram", "", "measured", "the duration of every such op, log-linear buckets of ns", "histogram"),
    Figure(
        "fairness",
        "",
        "measured",
        "Jain's index of the ops each flow had done when the first had done all",
        least=0,
        most=1,
        column=Column(
            "phases",
            "fairness",
            note="Fairness: of the ops that each flow had done when the first flow had done all of its own (Jain's index); 1 is even, 1 / flows is one of them alone.",
        ),
    ),
    Figure("timeline", "", "measured", "what each flow did when: work, wait, ready", "timeline"),
)

PHASES = (
    Figure("create_s", "s", "measured", "until the last flow stands at a first gate", least=0),
    Figure(
        "create_per_flow_s",
        "s",
        "derived",
        "the same per flow",
        of=("create_s", "flows"),
        derive=per,
        column=Column("phases", "create, µs per flow", scale=1e6),
    ),
    Figure(
        "release_s",
        "s",
        "measured",
        "from the gate's opening until the last flow has started",
        least=0,
        column=Column("phases", "last flow starts after, ms", scale=1e3),
    ),
    Figure(
        "start_s",
        "s",
        "measured",
        "from the gate's opening until every flow has ended its first op, or as many as can be under way at once",
    ),
    Figure("join_s", "s", "measured", "from the last gate's opening until all flows are gone", least=0),
    Figure(
        "join_per_flow_s",
        "s",
        "derived",
        "the same per flow",
        of=("join_s", "flows"),
        derive=per,
        column=Column("phases", "join, µs per flow", scale=1e6),
    ),
    Figure(
        "work_s",
        "s",
        "derived",
        "T where the cell's work is in it",
        of=("T", "cpu_s"),
        derive=lambda time_s, cpu_s: math.nan if math.isnan(cpu_s) else time_s,
    ),
    Figure(
        "starting",
        "",
        "derived",
        "the share of the work phase until the last flow has started",
        of=("release_s", "work_s"),
        derive=per,
    ),
    Figure(
        "start_share",
        "",
        "derived",
        "start_s / T",
        of=("start_s", "work_s"),
        derive=per,
        column=Column("phases", "T until all flows ran", "per cent"),
    ),
    count("processes", "processes of the cell whose CPU clocks were read", required=False),
    count(
        "kernel_tasks",
        "tasks of the cell and its descendants while all flows are parked",
        column=Column("phases", "kernel tasks", "whole"),
    ),
)

CORE = (
    Figure("cpus_seen", "", "measured", "the cores that flows started and ended on", "text", required=True),
    Figure("interference", "s", "measured", "the window − the core's idle time − C"),
    Figure(
        "idle",
        "",
        "derived",
        "1 − (C + interference) / T: did the waits give up the CPU?",
        of=("cpu_s", "interference", "work_s", "schema"),
        derive=idle,
        column=Column("phases", "core idle", "per cent"),
    ),
    Figure(
        "others",
        "",
        "derived",
        "interference / T",
        of=("interference", "work_s", "schema"),
        derive=others,
        column=Column(
            "phases",
            "core used by others",
            "per cent",
            note="Used by others: the core was neither idle nor working for the cell; interrupts count, a disk's too.",
        ),
    ),
    Figure("steal", "s", "measured", "what the hypervisor took of the core"),
    Figure("throttled_s", "s", "measured", "how long a cgroup's limit stopped the cell"),
    Figure("siblings_busy_s", "s", "measured", "how long the core's other hardware threads were busy"),
    Figure("mhz", "MHz", "measured", "the core's frequency", above_zero=True),
    Figure("turn_ns", "ns", "measured", "a turn of an empty loop: how fast the core is", above_zero=True),
    Figure(
        "server_busy",
        "",
        "measured",
        "the share of its core that the server used",
        column=Column("phases", "server busy", "per cent"),
    ),
    count(
        "strangers",
        "requests and connections that were not the cell's own, which the http server refused",
        required=False,
    ),
    count(
        "gc_collections",
        "garbage collections",
        required=False,
        counter=Counter("gc_collections"),
        column=Column("phases", "garbage collections"),
    ),
    Figure(
        "gc_s",
        "s",
        "counted",
        "how long one was under way, the turns of other threads included",
        least=0,
        counter=Counter("gc_ns", 1e9),
    ),
    Figure(
        "gc_cpu_s",
        "s",
        "counted",
        "the CPU time of the threads that collected",
        least=0,
        counter=Counter("gc_cpu_ns", 1e9),
    ),
    Figure(
        "gc_share",
        "",
        "derived",
        "the same / T",
        of=("gc_cpu_s", "work_s"),
        derive=per,
        column=Column("phases", "time in them", "per cent"),
    ),
    Figure(
        "gc_others",
        "",
        "derived",
        "the rest of that time / T: other threads ran, or woke to ask for the GIL",
        of=("gc_s", "gc_cpu_s", "work_s"),
        derive=lambda under_way_s, cpu_s, work_s: per(max(under_way_s - cpu_s, 0.0), work_s),
        column=Column(
            "phases",
            "others ran meanwhile",
            "per cent",
            note="Time in garbage collections: CPU time of the threads that collected. Others ran meanwhile: a collection was under way, and other threads ran or woke to ask for the GIL.",
        ),
    ),
)

MEMORY = (
    memory("mem_pss_bytes", "user pages, shared ones divided by how many share them"),
    memory("mem_pagetables_bytes", "page tables"),
    memory("mem_kernel_stacks_bytes", "kernel stacks, of the whole system"),
    memory("mem_slab_bytes", "slab, of the whole system"),
    memory("mem_total_bytes", "the four together"),
    memory("mem_rss_bytes", "resident pages, shared ones counted by each process"),
    memory("mem_free_lost_bytes", "free memory lost, of the whole system"),
    memory("mem_cgroup_bytes", "what the cgroup is charged for"),
)


def whole_table() -> Iterator[Figure]:
    """Every row; behind one that wants a figure per op, that figure."""
    for row in (*GIVEN, *COSTS, *WAITS, *PHASES, *CORE, *MEMORY):
        if not row.per_op:
            yield row
            continue
        yield row._replace(column=None)
        of = (row.name, "ops_done")
        yield Figure(row.per_op, row.unit, "derived", "the same per op", of=of, derive=per, column=row.column)


FIGURES = tuple(whole_table())
RECORDED = tuple(row for row in FIGURES if row.recorded)
DERIVED = tuple((row.name, row.of, row.derive) for row in FIGURES if row.derive is not None)
COUNTED = tuple((row.name, row.counter) for row in FIGURES if row.counter is not None)
COUNTERS = tuple(counter.name for _, counter in COUNTED)


def demand_of(metadata: Mapping[str, Any]) -> float:
    """CPU per op as a record's metadata say it, s; NaN where they do not."""
    (row,) = (row for row in FIGURES if row.name == "D")
    return demand(*(float(metadata.get(name, math.nan)) for name in row.of))
