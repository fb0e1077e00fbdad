// Ctrl + K: to a conversation by a few letters of its name.
import { useState } from "preact/hooks";
import { t } from "../lang";
import type { State } from "../state/model";
import { inOrder } from "../state/reduce";
import { Dialog } from "./dialog";

export function Find({ state, onSelect, onClose }: { state: State; onSelect: (key: string) => void; onClose: () => void }) {
	const [text, setText] = useState("");
	const fits = inOrder(state).filter((c) => c.kind !== "server" && c.key.includes(text.toLowerCase()));
	const go = (key: string | undefined) => {
		if (!key) return;
		onSelect(key);
		onClose();
	};
	return <Dialog title={t("findConversation")} onClose={onClose}>
		<form onSubmit={(e) => { e.preventDefault(); go(fits[0]?.key); }}>
			<input value={text} autofocus aria-label={t("findConversation")} onInput={(e) => setText(e.currentTarget.value)} />
		</form>
		<ul class="rows">{fits.map((c, i) => <li key={c.key}><button class={i === 0 ? "first" : ""} onClick={() => go(c.key)}>{c.name}</button></li>)}</ul>
	</Dialog>;
}
