"""Many inputs to graded reports, whatever happens to the machine: `run`, `status`, `report`."""

from adapter.batch.driver import BatchOptions, Summary, run
from adapter.batch.engines import Chunk, Done, Engine, InProcess, LocalProcesses, Task
from adapter.batch.report import lines, report, status

__all__ = [
    "BatchOptions",
    "Chunk",
    "Done",
    "Engine",
    "InProcess",
    "LocalProcesses",
    "Summary",
    "Task",
    "lines",
    "report",
    "run",
    "status",
]
