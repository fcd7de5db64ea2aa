// A piece of music on the page: its parts play as they are made, and a line moves over its notes.
window.modeldeck = window.modeldeck || {};

// The component: its value is JSON as tabs/parts/music_view.py writes it, empty for nothing.
modeldeck.musicView = (element, props, watch) => {
  let starts = []; // second of the whole at which each part that was played begins
  let run = "";
  let whole = null; // the waveform player's element, once it has played
  const live = modeldeck.pieces();
  const page = () => document.querySelector(".md-music-player");
  const roll = () => document.querySelector(".md-music-notes .md-roll");

  const now = () => {
    if (!live.box.hidden && !live.player.paused) {
      return (starts[live.part()] || 0) + live.player.currentTime;
    }
    return whole && !whole.paused ? whole.currentTime : null;
  };
  const mark = (time) => {
    const shown = roll();
    if (!shown) return;
    const line = shown.querySelector(".md-roll-head");
    const share = time / Number(shown.dataset.seconds);
    line.hidden = !(share >= 0 && share <= 1);
    if (line.hidden) return;
    line.style.left = `${share * 100}%`;
    const view = shown.querySelector(".md-roll-view");
    const at = share * view.scrollWidth;
    const inside = at >= view.scrollLeft && at < view.scrollLeft + view.clientWidth - 24;
    if (!inside) view.scrollLeft = at - view.clientWidth / 4;
  };
  let awake = false; // whether the line is being moved, frame by frame
  const follow = () => {
    const time = now();
    awake = time !== null;
    if (!awake) return;
    mark(time);
    requestAnimationFrame(follow);
  };
  const wake = () => awake || follow();
  live.player.addEventListener("loadedmetadata", () => {
    starts[live.part() + 1] = (starts[live.part()] || 0) + live.player.duration;
  });
  live.player.addEventListener("timeupdate", () => {
    if (whole) whole.pause(); // the piece before
    wake();
  });
  modeldeck.onHiddenPlay((media) => {
    if (!page() || page().offsetParent === null) return;
    if (whole !== media) {
      media.addEventListener("timeupdate", wake);
      media.addEventListener("seeked", () => mark(media.currentTime));
    }
    whole = media;
    live.close();
  });
  element.after(live.box);
  watch("value", () => {
    if (!props.value) return;
    const fresh = JSON.parse(props.value);
    if (fresh.run !== run) {
      run = fresh.run;
      starts = [0];
    }
    live.update(fresh);
  });
};
