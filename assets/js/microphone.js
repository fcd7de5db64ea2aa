// The microphone as numbered chunks of sound: gradio's own streaming keeps only the newest chunk when
// the server is busy, and a word is lost with each. Here every chunk is a request of its own.
window.modeldeck = window.modeldeck || {};

// Events: "input" {recording, number, rate, sound} for each chunk, sound being 16-bit samples in
// base64; "submit" {recording, count} at the end.
modeldeck.microphone = (element, trigger) => {
  const EVERY_S = 0.5;
  const TAP = `registerProcessor("tap", class extends AudioWorkletProcessor {
    process(inputs) { if (inputs[0][0]) this.port.postMessage(inputs[0][0].slice()); return true; }
  });`;
  let now = null;

  const button = () => element.querySelector(".md-mic");
  const say = (text) => { element.querySelector(".md-mic-note").textContent = text; };
  const show = (on) => {
    button().textContent = on ? "Stop listening" : "Start listening";
    button().setAttribute("aria-pressed", String(on));
    element.querySelector(".md-mic-level").hidden = !on;
  };
  const encoded = (samples) => {
    const whole = new Int16Array(samples.length);
    let loudest = 0;
    samples.forEach((value, at) => {
      loudest = Math.max(loudest, Math.abs(value));
      whole[at] = Math.round(Math.max(-1, Math.min(1, value)) * 32767);
    });
    element.querySelector(".md-mic-level").value = loudest;
    const bytes = new Uint8Array(whole.buffer);
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  };
  const send = (run) => {
    if (!run.length) return;
    const samples = new Float32Array(run.length);
    let at = 0;
    for (const piece of run.pieces) { samples.set(piece, at); at += piece.length; }
    run.pieces = [];
    run.length = 0;
    trigger("input", { recording: run.id, number: run.count, rate: run.context.sampleRate, sound: encoded(samples) });
    run.count += 1;
  };

  const start = async () => {
    button().disabled = true;
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
      const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
      const context = new AudioContext();
      const module = URL.createObjectURL(new Blob([TAP], { type: "text/javascript" }));
      await context.audioWorklet.addModule(module);
      URL.revokeObjectURL(module);
      const run = { id: `${Date.now()}-${Math.random()}`, context, stream, pieces: [], length: 0, count: 0 };
      const tap = new AudioWorkletNode(context, "tap");
      tap.port.onmessage = ({ data }) => {
        if (now !== run) return;
        run.pieces.push(data);
        run.length += data.length;
        if (run.length >= EVERY_S * context.sampleRate) send(run);
      };
      context.createMediaStreamSource(stream).connect(tap);
      tap.connect(context.destination); // it gives silence; some browsers run only what is connected
      now = run;
      say("");
      show(true);
    } catch (error) {
      const why = {
        NotAllowedError: "The browser was not allowed to use the microphone: allow it beside the address, then start again.",
        NotFoundError: "No microphone was found: connect one, then start again.",
        SecurityError: "Browsers give a microphone only to pages on https or on this computer (localhost).",
      };
      say(why[error.name] || `The microphone could not be started (${error.name}).`);
    } finally {
      button().disabled = false;
    }
  };
  const stop = () => {
    const run = now;
    now = null;
    send(run);
    run.stream.getTracks().forEach((track) => track.stop());
    run.context.close();
    show(false);
    trigger("submit", { recording: run.id, count: run.count });
  };

  element.addEventListener("click", (event) => {
    if (event.target.closest(".md-mic")) now ? stop() : start();
  });
};
