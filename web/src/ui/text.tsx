// A message's text as elements: formatting, links, channels, names. Nothing of it is ever HTML.
import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import { t } from "../lang";
import { hex, spans, type Style } from "../text/format";
import { isPicture, mentions, pieces } from "../text/links";

const NO_REFERRER = "noopener noreferrer";

function classes(s: Style): string {
	const names = [s.bold && "b", s.italic && "i", s.underline && "u", s.strike && "s", s.mono && "m", (s.fg || s.bg) === "reverse" && "rev"];
	if (s.fg && !s.bg && Number(s.fg) < 16) names.push(`fg${s.fg}`); // alone, it must be readable on this theme
	return names.filter(Boolean).join(" ");
}

function colours(s: Style): Record<string, string> {
	const style: Record<string, string> = {};
	const fg = s.fg && (s.bg || Number(s.fg) >= 16 || s.fg.startsWith("#")) ? hex(s.fg) : undefined;
	const bg = s.bg ? hex(s.bg) : undefined;
	if (fg) style["color"] = fg;
	if (bg) style["backgroundColor"] = bg;
	return style;
}

function Picture({ href, always }: { href: string; always: boolean }) {
	const [open, setOpen] = useState(always);
	if (!open) return <button class="quiet small" onClick={() => setOpen(true)}>{t("showPicture")}</button>;
	return <img class="preview" src={href} alt="" loading="lazy" referrerpolicy="no-referrer" />;
}

// Files of the server that the page came from: it knows the address anyway.
function own(href: string): boolean {
	return href.startsWith(location.origin + "/");
}

export interface TextProps {
	text: string;
	nick: string; // the own one, which is marked
	pictures: boolean;
	onChannel: (name: string) => void;
}

export function Text({ text, nick, pictures, onChannel }: TextProps) {
	const links: string[] = [];
	const out: ComponentChild[] = [];
	for (const span of spans(text)) {
		const inner = pieces(span.text).map((p) => {
			if (p.kind === "link" && p.href) {
				if ((p.href.startsWith("https:") || own(p.href)) && isPicture(p.href)) links.push(p.href);
				return <a href={p.href} target="_blank" rel={NO_REFERRER}>{p.text}</a>;
			}
			if (p.kind === "channel") return <button class="link" onClick={() => onChannel(p.text)}>{p.text}</button>;
			return nick && mentions(p.text, nick) ? marked(p.text, nick) : p.text;
		});
		const name = classes(span.style);
		out.push(name || span.style.fg || span.style.bg ? <span class={name} style={colours(span.style)}>{inner}</span> : inner);
	}
	return <>{out}{links.slice(0, 3).map((href) => <div><Picture key={href} href={href} always={pictures || own(href)} /></div>)}</>;
}

function marked(text: string, nick: string): ComponentChild[] {
	const at = text.toLowerCase().indexOf(nick.toLowerCase());
	return [text.slice(0, at), <mark>{text.slice(at, at + nick.length)}</mark>, text.slice(at + nick.length)];
}
