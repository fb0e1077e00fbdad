// Formatting codes (modern.ircdocs.horse/formatting) as spans: what is bold, coloured and so on is said in data, never in HTML.

export interface Style {
	bold?: boolean;
	italic?: boolean;
	underline?: boolean;
	strike?: boolean;
	mono?: boolean;
	fg?: string; // "0".."98", or "#rrggbb"
	bg?: string;
}
export interface Span {
	text: string;
	style: Style;
}

const TOGGLES: Record<string, "bold" | "italic" | "underline" | "strike" | "mono"> = {
	"\x02": "bold", "\x1d": "italic", "\x1f": "underline", "\x1e": "strike", "\x11": "mono",
};
const CODE = /[\x02\x0f\x11\x16\x1d\x1e\x1f]|\x03(?:(\d{1,2})(?:,(\d{1,2}))?)?|\x04(?:([0-9A-Fa-f]{6})(?:,([0-9A-Fa-f]{6}))?)?/g;
const NONE = "99"; // the default colour

function colour(style: Style, fg: string | undefined, bg: string | undefined): Style {
	const next = { ...style };
	if (fg === undefined) {
		delete next.fg;
		delete next.bg;
		return next;
	}
	next.fg = fg;
	if (bg !== undefined) next.bg = bg;
	if (next.fg === NONE) delete next.fg;
	if (next.bg === NONE) delete next.bg;
	return next;
}

function apply(style: Style, m: RegExpMatchArray): Style {
	const code = m[0][0] ?? "";
	const toggle = TOGGLES[code];
	if (toggle) return { ...style, [toggle]: !style[toggle] };
	if (code === "\x0f") return {};
	if (code === "\x03") return colour(style, m[1] && String(Number(m[1])), m[2] && String(Number(m[2])));
	if (code === "\x04") return colour(style, m[3] && "#" + m[3].toLowerCase(), m[4] && "#" + m[4].toLowerCase());
	const { fg, bg, ...rest } = style; // reverse
	return { ...rest, ...(bg ? { fg: bg } : { fg: "reverse" }), ...(fg ? { bg: fg } : { bg: "reverse" }) };
}

// Other control characters, and those that turn the direction of what follows them, are left out.
function clean(text: string): string {
	return text.replace(/[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]/g, "");
}

export function spans(text: string): Span[] {
	const out: Span[] = [];
	let style: Style = {};
	let at = 0;
	const push = (piece: string) => {
		const shown = clean(piece);
		if (shown) out.push({ text: shown, style });
	};
	for (const m of text.matchAll(CODE)) {
		push(text.slice(at, m.index));
		style = apply(style, m);
		at = m.index + m[0].length;
	}
	push(text.slice(at));
	return out;
}

// The text without any formatting.
export function plain(text: string): string {
	return spans(text).map((s) => s.text).join("");
}

const FIRST_16 = ["#ffffff", "#000000", "#00007f", "#009300", "#ff0000", "#7f0000", "#9c009c", "#fc7f00", "#ffff00", "#00fc00", "#009393",
	"#00ffff", "#0000fc", "#ff00ff", "#7f7f7f", "#d2d2d2"];
const REST = [ // 16 to 87: a row for each brightness
	"470000 472100 474700 324700 004700 00472c 004747 002747 000047 2e0047 470047 47002a",
	"740000 743a00 747400 517400 007400 007449 007474 004074 000074 4b0074 740074 740045",
	"b50000 b56300 b5b500 7db500 00b500 00b571 00b5b5 0063b5 0000b5 7500b5 b500b5 b5006b",
	"ff0000 ff8c00 ffff00 b2ff00 00ff00 00ffa0 00ffff 008cff 0000ff a500ff ff00ff ff0098",
	"ff5959 ffb459 ffff71 cfff60 6fff6f 65ffc9 6dffff 59b4ff 5959ff c459ff ff66ff ff59bc",
	"ff9c9c ffd39c ffff9c e2ff9c 9cff9c 9cffdb 9cffff 9cd3ff 9c9cff dc9cff ff9cff ff94d3",
].join(" ").split(" ");
const GREYS = ["#000000", "#131313", "#282828", "#363636", "#4d4d4d", "#656565", "#818181", "#9f9f9f", "#bcbcbc", "#e2e2e2", "#ffffff"];

// The colour of a code as "#rrggbb"; undefined for none.
export function hex(code: string): string | undefined {
	if (code.startsWith("#")) return code;
	const n = Number(code);
	if (n < 16) return FIRST_16[n];
	if (n < 88) return "#" + REST[n - 16];
	return GREYS[n - 88];
}
