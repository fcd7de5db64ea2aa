"""The addresses that clients of OpenAI's API know, over the page's runs: chat, sound, pictures, vectors.

Such a client is given this page with ``/v1`` behind it, and behind ``--auth`` the key ``user:password``.
What a body asks for and these addresses don't do is refused, not passed over (decision 71).
The API: platform.openai.com/docs/api-reference.
"""

from __future__ import annotations

import asyncio
import base64
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import gradio as gr
import pydantic
from gradio.context import LocalContext
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from models.audio import read_audio
from models.errors import (
    AppError,
    Busy,
    HubUnreachable,
    InputError,
    ModelGated,
    ModelNotFound,
    ModelUnsupported,
    NoRoom,
)
from models.speech_recogniser import SAMPLE_RATE
from models.speech_recording import SpeechRecording
from models.subtitles import WRITERS
from models.transcript import Transcript
from tabs.parts.deck import Deck
from tabs.parts.errors import as_app_error
from tabs.parts.logging_in import user_of
from tabs.parts.openai_bodies import Body, Chat, Draw, Speak, Vectors
from tabs.parts.openai_chat import answers, in_pieces, whole
from tabs.parts.openai_images import drawings, pictures
from tabs.parts.openai_waiting import awaited

#: What an error is answered with; of others it is the app's own fault.
_STATUS = {
    ModelNotFound: 404, ModelGated: 403, Busy: 429, NoRoom: 503, HubUnreachable: 503, ModelUnsupported: 400,
    InputError: 400,
}  # fmt: skip
_TYPES = {"wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg"}
_ENDINGS = ("txt", "srt", "vtt")
B = TypeVar("B", bound=Body)
Handler = Callable[[Deck, Request], Awaitable[Response]]


def openai_routes(deck: Deck) -> list[Route]:
    """The routes of the tabs that the page has."""
    shown = deck.service.settings.shown_tabs
    served = {task: routes for task, routes in _ROUTES.items() if task in shown}
    found = [
        Route(path, _answered(deck, handler), methods=["POST"])
        for routes in served.values()
        for path, handler in routes.items()
    ]
    listing = {"/v1/models": _models(list(served)), "/v1/models/{id:path}": _model(list(served))}
    return [
        *found,
        *(Route(path, _answered(deck, one), methods=["GET"]) for path, one in listing.items()),
    ]


def _answered(deck: Deck, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler as a route: it knows who asks, as an endpoint does, and its errors are JSON."""

    async def answered(request: Request) -> Response:
        if request.headers.get("sec-fetch-site") == "cross-site":
            return _error("Another site's page may not ask here.", 403)
        who: Any = request
        LocalContext.request.set(
            gr.Request(request=who, username=user_of(request.headers, request.app))
        )
        LocalContext.event_id.set(uuid.uuid4().hex)
        try:
            return await handler(deck, request)
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            return _error(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.", 400)
        except Exception as error:  # noqa: BLE001 - told, and logged under a ticket
            told = as_app_error(error)
            return _error(str(told), status_of(told))

    return answered


def status_of(error: AppError) -> int:
    """The HTTP status of an error."""
    return next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)


def _error(message: str, code: int) -> JSONResponse:
    kind = "server_error" if code >= 500 else "invalid_request_error"
    return JSONResponse(
        {"error": {"message": message, "type": kind, "param": None, "code": None}}, code
    )


async def _read(deck: Deck, request: Request, kind: type[B]) -> B:
    sent_as = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent_as != "application/json":  # which another site's page may send only with our leave
        raise InputError("The request is no JSON.", hint="Send it as application/json.")
    most, sent = deck.service.settings.upload_bytes, bytearray()
    async for part in request.stream():
        sent += part
        if len(sent) > most:
            raise InputError(f"The request is larger than {most:,} bytes.", hint="Send less.")
    body = kind.model_validate_json(bytes(sent))
    body.check()
    return body


async def _chat(deck: Deck, request: Request) -> Response:
    body = await _read(deck, request, Chat)
    updates = answers(deck, body)
    if body.stream:
        return await in_pieces(updates, body.counts)
    return JSONResponse(whole(await awaited(updates, request.is_disconnected)))


async def _speak(deck: Deck, request: Request) -> Response:
    body = await _read(deck, request, Speak)
    folder = TemporaryDirectory()
    recording = SpeechRecording(
        Path(folder.name) / "speech", body.response_format, patience_s=float("inf")
    )
    try:
        await deck.answer(
            "text_to_speech", body.model,
            lambda engine, stop: recording.follow(
                engine.speak(body.input, voice=body.voice, speed=body.speed, keep=False, stop=stop)
            ),
        )  # fmt: skip
    except BaseException:
        folder.cleanup()
        raise
    sent = BackgroundTask(folder.cleanup)
    return FileResponse(recording.whole, media_type=_TYPES[body.response_format], background=sent)


def _hear(task: str) -> Handler:
    """Writes a recording down: ``transcribe``, or ``translate`` into English."""

    async def hear(deck: Deck, request: Request) -> Response:
        most, length = deck.service.settings.upload_bytes, request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > most:
            raise InputError(f"The file is larger than {most:,} bytes.", hint="Send it in parts.")
        async with request.form(max_files=1) as form:
            file, words = form.get("file"), "timestamp_granularities[]" in form
            given = {name: str(form.get(name, "")) for name in ("model", "language")}
            shape = str(form.get("response_format", "json"))
            if not isinstance(file, UploadFile):
                raise InputError(
                    "There is no file.", hint="Send a recording as the part named file."
                )
            with TemporaryDirectory() as folder:
                path = Path(folder) / (Path(file.filename or "").name or "recording")
                path.write_bytes(await file.read())
                found = await deck.answer(
                    "speech_to_text", given["model"],
                    lambda engine, stop: engine.transcribe(
                        read_audio(path, SAMPLE_RATE), language=given["language"], task=task,
                        timestamps="word" if words else "segment", stop=stop,
                    ),
                )  # fmt: skip
        return transcript_response(found.value, shape, task)

    return hear


def transcript_response(found: Transcript, shape: str, task: str = "transcribe") -> Response:
    """A transcript in one of the shapes that such a client may ask for.

    Raises:
        InputError: for another shape.
    """
    if shape == "json":
        return JSONResponse({"text": found.text})
    if shape == "text":
        return PlainTextResponse(f"{found.text}\n")
    if shape in _ENDINGS:
        return PlainTextResponse(WRITERS[shape](found))
    if shape != "verbose_json":
        choices = ("json", "text", "verbose_json", "srt", "vtt")
        raise InputError(
            f"There is no format {shape[:40]!r}.", hint=f"Choices: {', '.join(choices)}."
        )
    facts = {
        "task": task,
        "language": found.language,
        "duration": found.duration_s,
        "text": found.text,
    }
    segments = [{"id": number, "start": one.start, "end": one.end, "text": one.text}
                for number, one in enumerate(found.said)]  # fmt: skip
    words = [{"word": word.text, "start": word.start, "end": word.end}
             for one in found.said for word in one.words]  # fmt: skip
    return JSONResponse({**facts, "segments": segments, **({"words": words} if words else {})})


async def _vectors(deck: Deck, request: Request) -> Response:
    body = await _read(deck, request, Vectors)
    texts = [body.input] if isinstance(body.input, str) else body.input
    found = await deck.answer(
        "embeddings",
        body.model,
        lambda engine, stop: engine.embed(texts, role=body.role, stop=stop),
    )
    rows = found.value.vectors.astype("<f4")  # (texts, dimensions)
    packed = body.encoding_format == "base64"
    shaped = [base64.b64encode(row.tobytes()).decode() if packed else row.tolist() for row in rows]
    data = [{"object": "embedding", "index": i, "embedding": one} for i, one in enumerate(shaped)]
    tokens = sum(found.value.tokens)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return JSONResponse(
        {"object": "list", "data": data, "model": found.metrics.model, "usage": usage}
    )


async def _draw(deck: Deck, request: Request) -> Response:
    updates = drawings(deck, await _read(deck, request, Draw))
    found = await awaited(updates, request.is_disconnected)
    return JSONResponse(await asyncio.to_thread(pictures, found))


def _models(tasks: list[str]) -> Handler:
    """What may be named as ``model``, the default of each task first."""

    async def models(deck: Deck, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [*_offered(deck, tasks).values()]})

    return models


def _model(tasks: list[str]) -> Handler:
    """One of them by its id."""

    async def model(deck: Deck, request: Request) -> Response:
        name = request.path_params["id"]
        if not name:
            return await _models(tasks)(deck, request)
        found = _offered(deck, tasks).get(name)
        if found is None:
            raise ModelNotFound(
                f"{name[:100]!r} is not on offer.", hint="GET /v1/models lists what is."
            )
        return JSONResponse(found)

    return model


def _offered(deck: Deck, tasks: list[str]) -> dict[str, dict[str, Any]]:
    now = int(time.time())
    return {
        card.id: {
            "id": card.id, "object": "model", "created": now, "owned_by": card.id.partition("/")[0],
        }
        for task in tasks for card in deck.cards(task)
    }  # fmt: skip


#: Task -> path -> what answers there.
_ROUTES: dict[str, dict[str, Handler]] = {
    "text_generation": {"/v1/chat/completions": _chat},
    "text_to_speech": {"/v1/audio/speech": _speak},
    "speech_to_text": {
        "/v1/audio/transcriptions": _hear("transcribe"), "/v1/audio/translations": _hear("translate"),
    },
    "image_generation": {"/v1/images/generations": _draw},
    "embeddings": {"/v1/embeddings": _vectors},
}  # fmt: skip
