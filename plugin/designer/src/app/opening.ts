import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import * as api from "../api/endpoints";
import type { Definition } from "../api/types";
import { useRun } from "../runs/run";
import { isUnsaved, problemOf, useDocument } from "../state/document";
import { takeEarlier, takePinned } from "../testrequest/data";
import { useLayout } from "./layout";

const LOOK_EVERY = 3_000;

export const useDefinitions = () =>
  useQuery({ queryKey: ["definitions"], queryFn: api.listDefinitions, refetchInterval: LOOK_EVERY });

export const useProject = () =>
  useQuery({ queryKey: ["project"], queryFn: api.getProject, refetchInterval: LOOK_EVERY });

/** What the folders say of themselves that the open definition lies in, the nearest first. */
export function useReadmes() {
  const path = useDocument((state) => state.path);
  return useQuery({ queryKey: ["readmes", path], queryFn: () => api.listReadmes(path) }).data ?? [];
}

/** The definition that was asked for last, until it is there: one that was asked for before may come later. */
let wanted: { path: string } | null = null;

/** Opens a definition; the address names it, so that a reload comes back to it. */
export async function openDefinition(path: string): Promise<void> {
  const mine = { path };
  wanted = mine;
  try {
    await useDocument.getState().settled(); // a field that was just left is a change, too
    let left: string;
    let read: Definition;
    do {
      const state = useDocument.getState();
      left = state.text;
      if (
        isUnsaved(state) &&
        !window.confirm(`${state.path} has changes that are not saved. Open another file all the same?`)
      )
        return;
      read = await api.readDefinition(path);
      await useDocument.getState().settled();
      if (wanted !== mine) return;
    } while (useDocument.getState().text !== left); // somebody wrote on meanwhile
    if (useDocument.getState().path !== path) useRun.getState().close(); // it is of the one before
    useDocument.getState().open(read);
    api.readOutputs(path).then(
      (found) => takePinned(path, found),
      () => undefined,
    ); // what is wrong with that file is told where one is pinned
    useLayout.getState().showPane("text");
    history.replaceState(null, "", `#${encodeURIComponent(path)}`);
  } catch (error) {
    if (wanted === mine) useDocument.setState({ problem: problemOf(error) });
  } finally {
    if (wanted === mine) wanted = null;
  }
}

/** The definition of the address, else the first one. */
export function useFirstDefinition(): void {
  const { data } = useDefinitions();
  const path = useDocument((state) => state.path);
  useEffect(() => {
    if (path !== null || !data || wanted) return;
    const named = decodeURIComponent(window.location.hash.slice(1));
    const first = data.find((one) => one.path === named) ?? data[0];
    if (first) void openDefinition(first.path);
  }, [data, path]);
}

/** Fills in what the latest run of the definition gave, and shows one that goes on, once there is somebody to ask for it. */
export function useEarlierRun(): void {
  const path = useDocument((state) => state.path);
  const worker = useProject().data?.worker.state;
  const { data } = useQuery({
    queryKey: ["earlier", path],
    queryFn: () => api.readLatest(path ?? "", useDocument.getState().saved),
    enabled: path !== null && worker !== undefined && worker !== "unreachable",
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    retry: 1, // without it the data are what is tested here
  });
  useEffect(() => {
    if (path === null || !data) return;
    takeEarlier(path, data);
    const run = useRun.getState();
    if (data.going !== null && run.id === null) void run.watch(data.going);
  }, [path, data]);
}

/** Whether a field of the form holds what it gives when it is left. */
const hasDraft = () => document.querySelector('.task-fields:not(.given) [data-clean="false"]') !== null;

/** Notices that the file which is open has changed on disk, and asks before one is lost that way. */
export function useDiskWatch(): void {
  const { data } = useDefinitions();
  const client = useQueryClient();
  useEffect(() => {
    const { path, base, saving, disk } = useDocument.getState();
    const listed = data?.find((one) => one.path === path);
    if (!listed || path === null || saving || listed.sha256 === base || listed.sha256 === disk?.sha256)
      return;
    client
      .fetchQuery({ queryKey: ["definition", path, listed.sha256], queryFn: () => api.readDefinition(path) })
      .then(
        (read) => useDocument.getState().path === path && useDocument.getState().noticeDisk(read, hasDraft()),
      )
      .catch(() => undefined);
  }, [data, client]);
  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => {
      if (isUnsaved(useDocument.getState()) || hasDraft()) event.preventDefault();
    };
    window.addEventListener("beforeunload", leaving);
    return () => window.removeEventListener("beforeunload", leaving);
  }, []);
}
