// How what was chosen comes into view: gliding, or at once for whoever asked their system for less motion.
window.modeldeck = window.modeldeck || {};

window.modeldeck.gliding = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth");
