"""Engines, registry and sources of Modeldeck's models. Knows torch; knows no gradio.

A capability is the file of its name, which has the engine's verb; what that would be too long with
stands beside it under the same first word. All files by what they are for (``*``: all that begin so):

The capabilities
    classifying     sentiment zero_shot* ner* entities entity_exports threshold
    their words     attribution label_words fewest_words entity_words answer_words
    reading         question_answering span_decoding span_edges embeddings embedding_* similarity passages
    summaries       summarization* summary_* word_overlap
    translation     translation* language_guess language_words languages*
    writing         text_generation conversation sampler generated_text next_token
    speaking        text_to_speech speech speech_voice speech_pieces speech_cues speech_recording chapters
    its voices      speech_english* speech_hibari speech_piper speech_torch speech_csm packed
    hearing         speech_to_text speech_recogniser speech_activity speech_live speech_ctc whisper*
                    transcript* subtitles spoken_words word_errors
    pictures        image_* drawing
    music           music*
    tokens          tokenizer* tokens token_* chat_templates chat_worker
    assistant       assistant* tool tools tool_*
A run, from the page's call to its result
    the door        service admission access limits lending
    its model       registry loading residency refusals offers machine estimates memory/
    its verb        runs run_underway updates stop stepwise peaks
    its passes      encoders batching* caller decoding* generation* sampling heads windows special_tokens
                    rows_ahead
    made quicker    variants* variant_*
Around it
    models          catalog* sources local_models safetensors_header leftovers hub/ starter/
    the machine     device host_memory control_groups allocator handing_back torch_threads parking page_locked
                    zero_gpu/
    texts           text_limits text_encodings sentences letters word_count documents word_paragraphs units
                    ranges
    sound           audio audio_decoding
    many rows       batch_* spreadsheets
    the code view   snippets/
    the process     settings setting_values selection logins warming command_line places errors spec leaving
                    listening loop_lag health metrics* telemetry
"""
