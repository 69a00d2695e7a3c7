import type { ReactNode } from "react";
import { useLayout } from "./layout";
import { led, Markdown } from "./Markdown";
import { openDefinition, useDefinitions, useReadmes } from "./opening";
import { Panel } from "./Panel";

/** What the folders say of themselves that the open definition lies in, the nearest first. */
export default function Readmes() {
  const readmes = useReadmes();
  const definitions = (useDefinitions().data ?? []).map(({ path }) => path);
  const link = (from: string) => (href: string, words: ReactNode) => {
    const to = led(href, from, definitions);
    if (to === null) return <span title={href}>{words}</span>;
    if ("address" in to)
      return (
        <a href={to.address} target="_blank" rel="noopener noreferrer">
          {words}
        </a>
      );
    const open = () => {
      useLayout.getState().openPanel(null);
      void openDefinition(to.definition);
    };
    return (
      <button type="button" className="to-definition" title={`Open ${to.definition}`} onClick={open}>
        {words}
      </button>
    );
  };
  return (
    <Panel title="README" className="readmes">
      <div className="readmes-body" tabIndex={0}>
        {readmes.map(({ path, text }) => (
          <section key={path} aria-label={path}>
            <p className="muted">{path}</p>
            <Markdown text={text} link={link(path)} />
          </section>
        ))}
      </div>
    </Panel>
  );
}
