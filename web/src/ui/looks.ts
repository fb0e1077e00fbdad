// How times and names look.
import { fold } from "../irc/line";
import { language, t } from "../lang";
import type { State } from "../state/model";

const NICK_COLOURS = 12;
const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	const key = language.tag + name;
	let f = formats.get(key);
	if (!f) formats.set(key, (f = new Intl.DateTimeFormat(language.tag, options)));
	return f;
}

export function clock(time: number): string {
	return format("clock", { hour: "2-digit", minute: "2-digit" }).format(time);
}

export function exact(time: number): string {
	return format("exact", { dateStyle: "full", timeStyle: "medium" }).format(time);
}

export function sameDay(a: number, b: number): boolean {
	return Math.abs(a - b) < 90_000_000 && new Date(a).toDateString() === new Date(b).toDateString();
}

export function day(time: number, now: number): string {
	if (sameDay(time, now)) return t("today");
	if (sameDay(time, now - 86_400_000)) return t("yesterday");
	return format("day", { weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(time);
}

// One of the colours of style.css, always the same for a name.
export function nickClass(nick: string): string {
	let h = 0;
	for (const c of fold(nick)) h = (h * 31 + (c.codePointAt(0) ?? 0)) >>> 0;
	return `n${h % NICK_COLOURS}`;
}

export function displayName(people: State["people"], nick: string): string {
	return people.get(fold(nick))?.name || nick;
}
