"""A score as a Standard MIDI File, for a notation program or a sequencer."""

from __future__ import annotations

from io import BytesIO

from models.music_score import PITCH_NAMES, Score
from models.music_sound import INSTRUMENTS

#: MIDI ticks of a quarter note.
TICKS = 480
#: Semitones from a mode's tonic to the tonic of the major key with the same signature.
MAJOR_OF = {"major": 0, "minor": 3, "dorian": 10, "mixolydian": 5}


def midi_file(score: Score) -> bytes:
    """The bytes of a file of format 1: tempo, metre and key, then a track for each voice."""
    import mido

    file = mido.MidiFile(type=1, ticks_per_beat=TICKS)
    head = mido.MidiTrack()
    count, unit = score.metre
    head.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(score.tempo), time=0))
    head.append(mido.MetaMessage("time_signature", numerator=count, denominator=unit, time=0))
    head.append(mido.MetaMessage("key_signature", key=signature(score.key), time=0))
    file.tracks.append(head)
    for voice, name in enumerate(score.instruments):
        file.tracks.append(_track(score, voice, name))
    written = BytesIO()
    file.save(file=written)
    return written.getvalue()


def signature(key: str) -> str:
    """The major or minor key, as MIDI names it, with the signature of a key such as ``A dorian``."""
    tonic, _, mode = key.partition(" ")
    major = (PITCH_NAMES.index(tonic) + MAJOR_OF[mode]) % 12
    if mode == "minor":
        return _NAMED.get(f"{tonic}m", f"{tonic}m")
    return _NAMED.get(PITCH_NAMES[major], PITCH_NAMES[major])


#: Names that MIDI has no key for -> the same key by its other name.
_NAMED = {"Abm": "G#m"}


def _track(score: Score, voice: int, name: str) -> object:
    import mido

    channel = voice if voice < 9 else voice + 1  # channel 10 is percussion
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=name, time=0))
    program = INSTRUMENTS[name].program
    track.append(mido.Message("program_change", channel=channel, program=program, time=0))
    events = []
    for note in score.notes:
        if note.voice == voice:
            on, off = round(note.start * TICKS), round(note.end * TICKS)
            events.append((on, 1, note.pitch, note.velocity))
            events.append((max(off, on + 1), 0, note.pitch, 0))
    now = 0
    for at, sounding, pitch, velocity in sorted(events):
        kind = "note_on" if sounding else "note_off"
        track.append(
            mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=at - now)
        )
        now = at
    return track
