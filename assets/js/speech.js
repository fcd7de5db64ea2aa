// What gradio's audio player does not do: to play a speech whose later sentences are still being made.
window.modeldeck = window.modeldeck || {};

// Plays FOLDER/0.wav, 1.wav, ... as they appear. The component's value is JSON with the folder, the
// number of pieces so far and whether that is all; it is empty when there is nothing to play.
modeldeck.playPieces = (element, props, watch) => {
  const box = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const player = document.createElement("audio");
  player.controls = true;
  box.className = "md-pieces";
  box.hidden = true;
  box.append(caption, player);
  element.after(box);
  let state = { folder: "", count: 0, ended: true };
  let next = 0;
  let idle = true;

  const show = () => {
    caption.textContent = state.ended
      ? `Playing part ${next} of ${state.count}`
      : `Playing part ${next} while more are made: ${state.count} so far`;
  };
  const advance = () => {
    idle = next >= state.count;
    if (!idle) {
      const root = (window.gradio_config && window.gradio_config.root) || "";
      player.src = `${root}/gradio_api/file=${state.folder}/${next}.wav`;
      next += 1;
      show();
      player.play().catch(() => {}); // a browser that forbids it shows its play button instead
    } else if (state.ended) {
      box.hidden = true;
    }
  };

  player.addEventListener("ended", advance);
  watch("value", () => {
    if (!props.value) {
      player.pause();
      box.hidden = true;
      state = { folder: "", count: 0, ended: true };
      return;
    }
    const fresh = JSON.parse(props.value);
    if (fresh.folder !== state.folder) {
      next = 0;
      idle = true;
      box.hidden = false;
    }
    state = fresh;
    if (idle) advance();
    else show();
  });
};
