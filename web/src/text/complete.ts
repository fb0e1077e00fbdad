// Completion of what stands before the cursor: names, channels, commands; pressed again, the next one.

export interface Sources {
	nicks: string[]; // those who spoke last first
	channels: string[];
	commands: string[];
}
export interface Completion {
	start: number; // where the word begins
	options: string[]; // what may stand there, with what follows it
}

// null: nothing fits.
export function complete(text: string, cursor: number, sources: Sources): Completion | null {
	const before = text.slice(0, cursor);
	const start = Math.max(before.lastIndexOf(" "), before.lastIndexOf("\n")) + 1;
	const word = before.slice(start).toLowerCase();
	if (!word) return null;
	const fits = (list: string[], lead: string, tail: string) =>
		list.filter((n) => (lead + n).toLowerCase().startsWith(word)).map((n) => lead + n + tail);
	const at = word.startsWith("@") ? "@" : "";
	let options: string[];
	if (word.startsWith("/") && start === 0) options = fits(sources.commands, "/", " ");
	else if (word.startsWith("#")) options = fits(sources.channels, "", " ");
	else options = fits(sources.nicks, at, start === 0 && !at ? ": " : " ");
	return options.length ? { start, options } : null;
}
