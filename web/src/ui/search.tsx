// Search by the server, which has all of the history.
import { useEffect, useState } from "preact/hooks";
import type { App } from "../app";
import { t } from "../lang";
import type { Conversation, Entry, State } from "../state/model";
import { Dialog } from "./dialog";
import { clock, day, displayName, nickClass } from "./looks";
import { Text } from "./text";

interface Props {
	app: App;
	state: State;
	c: Conversation;
	text: string;
	onShow: (key: string, entry: Entry) => void;
	onClose: () => void;
}

export function SearchDialog({ app, state, c, text, onShow, onClose }: Props) {
	const [words, setWords] = useState(text);
	const [everywhere, setEverywhere] = useState(c.kind === "server");
	const [found, setFound] = useState<{ key: string; entry: Entry }[] | null>(null);
	const [problem, setProblem] = useState("");
	const look = async () => {
		if (!words.trim()) return;
		const answer = await app.search({ text: words.trim(), ...(everywhere ? {} : { in: c.name }) });
		setProblem(typeof answer === "string" ? answer : "");
		setFound(Array.isArray(answer) ? answer.slice().reverse() : null);
	};
	useEffect(() => void look(), [everywhere]);
	return <Dialog title={t("search")} onClose={onClose} wide>
		<form class="inline" onSubmit={(e) => { e.preventDefault(); void look(); }}>
			<input type="search" value={words} autofocus aria-label={t("search")} onInput={(e) => setWords(e.currentTarget.value)} />
			<button class="primary">{t("search")}</button>
		</form>
		{c.kind !== "server" && <label class="check"><input type="checkbox" checked={everywhere} onChange={(e) => setEverywhere(e.currentTarget.checked)} />{t("searchAll")}</label>}
		<p class="dim" role="status">{problem || (found && (found.length ? t("searchFound", { n: found.length }) : t("searchNothing")))}</p>
		<ul class="rows found">{found?.map(({ key, entry }) => <li key={entry.key}><button onClick={() => onShow(key, entry)}>
			<span class="dim">{everywhere && `${key} · `}{day(entry.time, Date.now())}, {clock(entry.time)}</span>
			<span><b class={nickClass(entry.nick)}>{displayName(state.people, entry.nick)}</b> <Text text={entry.text} nick="" pictures={false} onChannel={() => undefined} /></span></button></li>)}</ul>
	</Dialog>;
}
