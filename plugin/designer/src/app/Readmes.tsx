import { useQuery } from "@tanstack/react-query";
import { listReadmes } from "../api/endpoints";
import { useDocument } from "../state/document";
import { Panel } from "./Panel";

/** What the folders say of themselves that the open definition lies in, the nearest first. */
export function useReadmes() {
  const path = useDocument((state) => state.path);
  return useQuery({ queryKey: ["readmes", path], queryFn: () => listReadmes(path) }).data ?? [];
}

export function Readmes() {
  const readmes = useReadmes();
  return (
    <Panel title="README" className="readmes">
      <div className="readmes-body" tabIndex={0}>
        {readmes.map(({ path, text }) => (
          <section key={path} aria-label={path}>
            <h3>{path}</h3>
            <pre>{text}</pre>
          </section>
        ))}
      </div>
    </Panel>
  );
}
