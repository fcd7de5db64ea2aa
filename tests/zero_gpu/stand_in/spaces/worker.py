"""The decorator: a generator that runs in a forked process, values pickled on their way."""

import inspect
import json
import multiprocessing
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial, wraps
from multiprocessing.queues import SimpleQueue

_fork = multiprocessing.get_context("fork")


class Worker:
    """A process that answers calls of one function, one after the other."""

    def __init__(self, task) -> None:
        self.calls, self.answers = SimpleQueue(ctx=_fork), SimpleQueue(ctx=_fork)
        self.stop = _fork.Event()
        self.process = _fork.Process(target=self._serve, args=(task, os.getpid()), daemon=True)
        self.process.start()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        self.process.join()
        with suppress(ValueError):  # it may have died while it held the lock
            self.answers._wlock.release()
        self.answers.put(("aborted", None))

    def _serve(self, task, parent: int) -> None:
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
        moved = False
        while True:
            arguments = self.calls.get()
            self.stop.clear()
            if not moved:
                _move()
                moved = True
            with ThreadPoolExecutor(1) as pool:
                pool.submit(self._iterate, task, arguments).result()
            self.answers.put(("end", None))

    def _iterate(self, task, arguments) -> None:
        values = task(*arguments)
        try:
            for value in values:
                if self.stop.is_set():
                    values.close()
                    return
                self.answers.put(("value", value))
        except Exception as error:  # noqa: BLE001 - only its name travels, as with the real one
            self.answers.put(("error", type(error).__name__))


_workers: dict[object, list[Worker]] = {}


def GPU(task=None, *, duration=60):
    """Decorates a generator function."""
    if task is None:
        return partial(GPU, duration=duration)
    assert inspect.isgeneratorfunction(task), "this stand-in knows generators only"

    @wraps(task)
    def lent(*arguments):
        seconds = duration(*arguments) if callable(duration) else duration
        idle = _workers.setdefault(task, [])
        worker = idle.pop() if idle else Worker(task)
        _note(duration=seconds, token=_token(), worker=worker.process.pid, server=os.getpid())
        limit = float(os.environ.get("SPACES_STAND_IN_LIMIT_S", seconds))
        killer = threading.Timer(limit, worker.process.kill)
        killer.start()
        try:
            worker.calls.put(arguments)
            yield from _answers(worker)
        finally:
            killer.cancel()
            if worker.process.is_alive():
                idle.append(worker)

    return lent


def _answers(worker: Worker):
    """The values until the end; when it is closed, those that still come are thrown away."""
    while True:
        kind, value = worker.answers.get()
        if kind == "end":
            return
        if kind == "aborted":
            raise _error("GPU task aborted")
        if kind == "error":
            worker.answers.get()
            raise _error(value)
        try:
            yield value
        except GeneratorExit:
            worker.stop.set()
            while worker.answers.get()[0] == "value":
                pass
            raise


def _error(message: str) -> Exception:
    import gradio as gr

    return gr.Error(message, title="ZeroGPU worker error", print_exception=False)


def _token() -> str:
    """Whose quota is used, read as the real one reads it."""
    from gradio.context import LocalContext

    request = LocalContext.request.get(None)
    return request.headers.get("x-ip-token", "") if request is not None else ""


def _note(**facts) -> None:
    if path := os.environ.get("SPACES_STAND_IN_LOG"):
        with open(path, "a") as file:
            file.write(json.dumps(facts) + "\n")


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def _move() -> None:
    with suppress(ImportError):
        from spaces import cuda

        cuda.move()
