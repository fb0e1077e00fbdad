// The people of a channel: those in the window are drawn, of however many there are.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { fold } from "../irc/line";
import { t } from "../lang";
import type { Conversation, State } from "../state/model";
import { memo } from "./memo";
import { displayName, nickClass } from "./looks";

const ROW = 32; // pixels, as in style.css
const AHEAD = 10;

interface Props {
	members: Conversation["members"];
	people: State["people"];
	language: string;
	onPerson: (nick: string) => void;
}

export const Members = memo(({ members, people, onPerson }: Props) => {
	const box = useRef<HTMLDivElement>(null);
	const [at, setAt] = useState({ top: 0, height: 800 });
	const sorted = useMemo(() => {
		const order = "~&@%+";
		const rank = (signs: string) => (signs ? order.indexOf(signs[0] ?? "") : order.length);
		return [...members].map(([key, m]) => ({ key, m, rank: rank(m.signs) })).sort((a, b) => a.rank - b.rank || (a.key < b.key ? -1 : 1));
	}, [members]);
	useEffect(() => {
		const look = () => box.current && setAt({ top: box.current.scrollTop, height: box.current.clientHeight });
		const observer = new ResizeObserver(look);
		if (box.current) observer.observe(box.current);
		return () => observer.disconnect();
	}, []);
	const first = Math.max(0, Math.floor(at.top / ROW) - AHEAD);
	const last = Math.min(sorted.length, Math.ceil((at.top + at.height) / ROW) + AHEAD);
	return <aside class="members" aria-label={t("members")}>
		<h2>{t("membersCount", { n: sorted.length })}</h2>
		<div class="scroll" ref={box} onScroll={(e) => setAt({ top: e.currentTarget.scrollTop, height: e.currentTarget.clientHeight })}>
			<div style={{ height: `${first * ROW}px` }} />
			{sorted.slice(first, last).map(({ m, key }) => <button key={key} class={`member${m.away ? " away" : ""}`} onClick={() => onPerson(m.nick)}
				title={m.away ? `${m.nick} (${t("away")})` : m.nick}>
				<span class="sign">{m.signs[0] ?? ""}</span><span class={nickClass(m.nick)}>{displayName(people, m.nick)}</span>
				{fold(displayName(people, m.nick)) !== fold(m.nick) && <span class="dim"> {m.nick}</span>}</button>)}
			<div style={{ height: `${(sorted.length - last) * ROW}px` }} />
		</div>
	</aside>;
});
