// A window over the page: the browser's own <dialog>, which keeps the focus inside and closes by Escape.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../lang";
import { Icon } from "./icon";

export function Dialog({ title, onClose, wide, children }: { title: string; onClose: () => void; wide?: boolean; children: ComponentChildren }) {
	const ref = useRef<HTMLDialogElement>(null);
	useEffect(() => {
		const before = document.activeElement as HTMLElement | null;
		ref.current?.showModal();
		return () => queueMicrotask(() => (before?.isConnected ? before : document.querySelector<HTMLElement>(".composer textarea"))?.focus());
	}, []);
	return <dialog ref={ref} class={wide ? "wide" : ""} aria-label={title} onClose={onClose}
		onMouseDown={(e) => e.target === ref.current && ref.current?.close()}>
		<div class="inner">
			<header><h2>{title}</h2><button class="icon" aria-label={t("close")} title={t("close")} onClick={() => ref.current?.close()}><Icon name="close" /></button></header>
			{children}
		</div>
	</dialog>;
}
