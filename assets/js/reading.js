// A speech on the page: its sentences play as they are made, and the text is marked as it is spoken.
window.modeldeck = window.modeldeck || {};

// gradio's waveform player hides its media element from the page; it is met when it is told to play.
modeldeck.onHiddenPlay = (() => {
  const listeners = [];
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function (...given) {
    if (this.getRootNode() !== document) listeners.forEach((tell) => tell(this));
    return play.apply(this, given);
  };
  return (tell) => listeners.push(tell);
})();

// Plays FOLDER/0.wav, 1.wav, ... as they appear, and says at which second of the whole it is.
modeldeck.pieces = () => {
  const box = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const player = document.createElement("audio");
  player.controls = true;
  box.className = "md-pieces";
  box.hidden = true;
  box.append(caption, player);
  let state = { folder: "", count: 0, ended: true };
  let next = 0;
  let idle = true;
  let closed = false; // whether this speech is over for this player

  const show = () => {
    caption.textContent = state.ended
      ? `Playing part ${next} of ${state.count}`
      : `Playing part ${next} while more are made: ${state.count} so far`;
  };
  const start = (number, at) => {
    const root = (window.gradio_config && window.gradio_config.root) || "";
    player.src = `${root}/gradio_api/file=${state.folder}/${number}.wav`;
    if (at) player.currentTime = at;
    next = number + 1;
    idle = false;
    show();
    player.play().catch(() => {}); // a browser that forbids it shows its play button instead
  };
  const close = () => {
    player.pause();
    closed = true;
    box.hidden = true;
  };
  const advance = () => {
    idle = next >= state.count;
    if (!idle) start(next, 0);
    else if (state.ended) close();
  };
  player.addEventListener("ended", advance);

  return {
    box,
    player,
    part: () => next - 1,
    count: () => state.count,
    seek: start,
    close,
    update: (fresh) => {
      if (fresh.folder !== state.folder) {
        player.pause();
        next = 0;
        idle = true;
        closed = false;
      }
      state = fresh;
      box.hidden = closed || !state.count;
      if (box.hidden) return;
      if (idle) advance();
      else show();
    },
  };
};

// The text, piece by piece. A piece is [text before it, its text, start, end, words, is a heading].
modeldeck.readingText = (seek) => {
  const box = document.createElement("div");
  box.className = "md-reading";
  box.hidden = true;
  box.tabIndex = 0;
  box.dir = "auto";
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "The text as it is spoken; click a word to hear it");
  let pieces = [];
  let marked = -1;

  const add = (piece) => {
    const [gap, text, , , , heading] = piece;
    const span = document.createElement(heading ? "strong" : "span");
    span.textContent = text;
    span.dataset.piece = String(pieces.length);
    box.append(gap, span);
    pieces.push({ piece, span, words: null });
  };
  // Words get elements of their own only where the pointer or the voice is: a book has many.
  const spread = (held) => {
    const [, text, , , words] = held.piece;
    if (held.words || !words.length) return;
    const letters = Array.from(text);
    let at = 0;
    held.span.textContent = "";
    held.words = words.map(([offset, length, start, end]) => {
      const word = document.createElement("span");
      word.textContent = letters.slice(offset, offset + length).join("");
      word.dataset.start = String(start);
      held.span.append(letters.slice(at, offset).join(""), word);
      at = offset + length;
      return { word, start, end };
    });
    held.span.append(letters.slice(at).join(""));
  };
  const pieceAt = (time) => {
    let low = 0;
    let high = pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pieces[middle].piece[3] <= time) low = middle + 1;
      else high = middle;
    }
    return low < pieces.length ? low : -1;
  };
  const clear = () => {
    box.querySelectorAll(".md-now, .md-now-word").forEach((node) => {
      node.classList.remove("md-now", "md-now-word");
    });
    marked = -1;
  };
  const mark = (time) => {
    const number = pieceAt(time);
    if (number < 0) return clear();
    const held = pieces[number];
    if (number !== marked) {
      clear();
      marked = number;
      held.span.classList.add("md-now");
      spread(held);
      const top = held.span.offsetTop - box.offsetTop;
      const inside = top >= box.scrollTop && top < box.scrollTop + box.clientHeight - 40;
      if (!inside) box.scrollTop = top - box.clientHeight / 3;
    }
    (held.words || []).forEach(({ word, start, end }) => {
      word.classList.toggle("md-now-word", start <= time && time < end);
    });
  };

  box.addEventListener("pointerover", (event) => {
    const span = event.target.closest("[data-piece]");
    if (span) spread(pieces[Number(span.dataset.piece)]);
  });
  box.addEventListener("click", (event) => {
    const span = event.target.closest("[data-piece]");
    if (!span) return;
    const word = event.target.closest("[data-start]");
    const held = pieces[Number(span.dataset.piece)];
    seek(word ? Number(word.dataset.start) : held.piece[2]);
  });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const to = pieces[Math.max(marked, 0) + step];
    if (!step || !to) return;
    event.preventDefault();
    event.stopPropagation();
    seek(to.piece[2]);
  });

  return {
    box,
    mark,
    pieceAt,
    startOf: (number) => (pieces[number] ? pieces[number].piece[2] : 0),
    reset: () => {
      pieces = [];
      marked = -1;
      box.textContent = "";
      box.hidden = true;
    },
    // Takes pieces from number ``from`` on; those that are here already stay.
    take: (from, said) => {
      said.slice(Math.max(0, pieces.length - from)).forEach(add);
      box.hidden = !pieces.length;
    },
  };
};

// The component: its value is JSON as tabs/parts/speech_view.py writes it, empty for nothing.
modeldeck.speechView = (element, props, watch) => {
  let run = "";
  let ended = false;
  let whole = null; // the waveform player's element, once it has played
  const live = modeldeck.pieces();
  const page = () => document.querySelector(".md-speech-player");

  const playWhole = (time) => {
    live.close();
    if (!whole) {
      const button = page() && page().querySelector("button[aria-label='Play']");
      if (button) button.click(); // its element comes by onHiddenPlay
    }
    if (!whole) return;
    whole.currentTime = time;
    whole.play().catch(() => {});
  };
  const text = modeldeck.readingText((time) => {
    const number = text.pieceAt(time);
    if (ended) playWhole(time);
    else if (number < live.count()) live.seek(number, Math.max(0, time - text.startOf(number)));
  });
  const now = () => {
    if (!live.box.hidden && !live.player.paused) {
      return text.startOf(live.part()) + live.player.currentTime;
    }
    return whole && !whole.paused ? whole.currentTime : null;
  };
  let awake = false; // whether the marks are being moved, frame by frame
  const follow = () => {
    const time = now();
    awake = time !== null;
    if (!awake) return;
    text.mark(time);
    requestAnimationFrame(follow);
  };
  const wake = () => awake || follow();
  live.player.addEventListener("timeupdate", () => {
    if (whole) whole.pause(); // the speech before
    wake();
  });
  modeldeck.onHiddenPlay((media) => {
    if (!page() || page().offsetParent === null) return;
    if (whole !== media) {
      media.addEventListener("timeupdate", wake);
      media.addEventListener("seeked", () => text.mark(media.currentTime));
    }
    whole = media;
    live.close();
  });
  element.after(live.box, text.box);
  watch("value", () => {
    if (!props.value) return;
    const fresh = JSON.parse(props.value);
    if (fresh.run !== run) {
      run = fresh.run;
      text.reset();
    }
    ended = fresh.ended;
    text.take(fresh.from, fresh.said);
    live.update(fresh);
  });
};
