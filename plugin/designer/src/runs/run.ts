import { create } from "zustand";
import { stream } from "../api/client";
import * as api from "../api/endpoints";
import type { Json, RunView } from "../api/types";
import { problemOf, useDocument } from "../state/document";
import { useData } from "../testrequest/data";
import { statesOf, useRunStates } from "./states";

interface RunState {
  asking: boolean;
  open: boolean;
  view: RunView | null;
  ask(): void;
  forget(): void;
  start(input: Json): Promise<void>;
  watch(id: string): Promise<void>;
  cancel(): Promise<void>;
  rerun(pointer: string): Promise<void>;
  emit(type: string, data: Json): Promise<boolean>;
  close(): void;
}

const AGAIN_AFTER = 1_000;
let watching: AbortController | undefined;

const fail = (error: unknown) => useDocument.setState({ problem: problemOf(error) });

export const isOver = (view: RunView | null) => view?.ended_at != null;

/** The run that is looked at. */
export const useRun = create<RunState>()((set, get) => {
  const take = (view: RunView) => {
    set({ view });
    useRunStates.getState().show(statesOf(view.status?.tasks ?? [], Date.now()));
  };

  /** Follows a run until it has ended; a stream that breaks off is begun again. */
  const follow = async (id: string, signal: AbortSignal) => {
    while (!signal.aborted) {
      try {
        for await (const { event, data } of stream(
          "GET",
          `/runs/${encodeURIComponent(id)}/events`,
          undefined,
          signal,
        )) {
          if (signal.aborted || event === "end") return;
          if (event === "status") take(data as RunView);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (problemOf(error).status !== 0) return fail(error);
      }
      if (isOver(get().view)) return;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER));
    }
  };

  return {
    asking: false,
    open: false,
    view: null,
    ask: () => set({ asking: true }),
    forget: () => set({ asking: false }),
    async start(input) {
      const { path, text } = useDocument.getState();
      if (path === null) return;
      try {
        const { id } = await api.startRun(path, text, input);
        useData.getState().keep(path, (sample) => ({ ...sample, input }));
        set({ asking: false });
        await get().watch(id);
      } catch (error) {
        set({ asking: false });
        fail(error);
      }
    },
    async watch(id) {
      watching?.abort();
      watching = new AbortController();
      useRunStates.getState().show({});
      set({ open: true, view: null });
      await follow(id, watching.signal);
    },
    async cancel() {
      const { view } = get();
      if (view) await api.cancelRun(view.id).catch(fail);
    },
    async rerun(pointer) {
      const { view } = get();
      const { path, text } = useDocument.getState();
      if (!view || path === null) return;
      try {
        const { id } = await api.rerun(view.id, path, text, pointer);
        await get().watch(id);
      } catch (error) {
        fail(error);
      }
    },
    async emit(type, data) {
      const { view } = get();
      if (!view) return false;
      try {
        await api.emitEvent(view.id, type, data);
        return true;
      } catch (error) {
        fail(error);
        return false;
      }
    },
    close() {
      watching?.abort();
      useRunStates.getState().show({});
      set({ open: false, view: null });
    },
  };
});
