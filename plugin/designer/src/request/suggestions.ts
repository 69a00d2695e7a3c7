import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { listModels } from "../api/endpoints";
import type { Block, TaskForm } from "../api/types";
import { useProject } from "../app/opening";
import { besides } from "../state/blocks";
import { useDocument } from "../state/document";
import { connectionOf } from "./chat";
import type { FormContext, Suggestions } from "./form";

const METHODS: Suggestions = {
  values: ["get", "post", "put", "patch", "delete", "head", "options"],
  about: "of HTTP; another one can be written",
};
const FLOW = ["continue", "exit", "end"];
const GOES_ON = /\/then$/;

/** Connections, models of the one that a chat completion goes by, and where the flow can go on. */
export function useSuggestions(block: Block, known: TaskForm["names"]): FormContext["suggest"] {
  const connection = connectionOf(block);
  const { data, error, isFetching } = useQuery({
    queryKey: ["models", connection],
    queryFn: () => listModels(connection),
    enabled: block.kind === "call.chatCompletion",
    staleTime: 60_000,
    retry: false,
  });
  const connections = useProject().data?.connections;
  const beside = useDocument((state) => besides(state.blocks, block.pointer).join("\n"));
  const models = useMemo((): Suggestions | undefined => {
    if (isFetching && !data) return { values: [], about: `Asking ${connection} for its models …` };
    if (!data) return error ? { values: [], about: error.message } : undefined;
    const about = data.of_server
      ? `${data.models.length} models of ${connection}; any other name can be written`
      : `${data.models.length ? "names with published prices, not of the server. " : ""}${data.reason}`;
    return { values: data.models, about };
  }, [data, error, isFetching, connection]);
  return useCallback(
    (pointer, names) => {
      const place = pointer.slice(block.pointer.length);
      if (place === "/with/model") return models;
      if (place === "/with/method") return METHODS;
      const connected = connections?.map(({ name }) => name) ?? [];
      if (names === "connections") return { values: connected, about: "of httptask.toml" };
      if (names === "authentications")
        return {
          values: [...(known[names] ?? []), ...connected],
          about: `under use.${names}, or a connection`,
        };
      if (names) return { values: known[names] ?? [], about: `a name under use.${names}` };
      if (!GOES_ON.test(place) || place.startsWith("/with/")) return undefined;
      const values = [...beside.split("\n").filter(Boolean), ...FLOW];
      return { values, about: "a task beside this one, or what ends it" };
    },
    [block.pointer, connections, known, models, beside],
  );
}
