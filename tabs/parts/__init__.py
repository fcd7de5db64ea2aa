"""What every tab shares, written once; and views that one tab would be too long with.

All files by what they are for (``*``: all that begin so):

    a run           deck run run_news events picker choices model_card metrics errors learn example_chips
    around it       code_view compare several differences batch* links history presets memory values
    the page        page look lookups header words quicker sessions arriving monitoring traffic visitor
                    hub_access logging_in guesses
    for programs    typed_calls tool_server openai_*
    small pieces    markup files numbers document language_note
    labels, words   label_box labels_view zero_shot_view weigh_words word_view spans entity_view
                    entity_words answer_view
    summaries       summary_sources
    translation     translation_*
    chat            chat_* sampler_fields likely_view next_token text_endpoints
    assistant       assistant_*
    speech          speech_* sound_fields
    transcripts     transcript_view live_transcript many_recordings word_errors
    pictures        image_*
    music           music_* score_view
    tokens          token_*
    vectors         similarity_view search_* vector_*
    models          resident_view cache_view
"""

from tabs.parts.deck import Deck, answer_json
from tabs.parts.links import send_to
from tabs.parts.markup import bars, empty, figures, note
from tabs.parts.picker import model_picker
from tabs.parts.run import Job, RunBar, run_bar, wire

__all__ = [
    "Deck",
    "Job",
    "RunBar",
    "answer_json",
    "bars",
    "empty",
    "figures",
    "model_picker",
    "note",
    "run_bar",
    "send_to",
    "wire",
]
