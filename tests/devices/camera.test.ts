import { describe, expect, it } from "vitest";
import { listCameras, openCamera, refusalFor } from "#devices/camera.ts";
import type { CameraHost } from "#devices/camera.ts";

interface FakeTrack extends EventTarget {
  stopped: boolean;
  readonly wishes: MediaTrackConstraints[];
}

function fakeTrack(deviceId: string, abilities: object = {}): FakeTrack {
  return Object.assign(new EventTarget(), {
    stopped: false,
    wishes: [] as MediaTrackConstraints[],
    getSettings: () => ({ deviceId }),
    getCapabilities: () => abilities,
    applyConstraints(this: FakeTrack, wish: MediaTrackConstraints) {
      this.wishes.push(wish);
      return Promise.resolve();
    },
    stop(this: FakeTrack) {
      this.stopped = true;
    },
  });
}

function hostWith(answers: readonly (FakeTrack | Error)[]): {
  host: CameraHost;
  asked: MediaStreamConstraints[];
} {
  const asked: MediaStreamConstraints[] = [];
  const waiting = [...answers];
  const mediaDevices = {
    getUserMedia(constraints?: MediaStreamConstraints) {
      asked.push(constraints ?? {});
      const answer = waiting.shift() ?? new DOMException("none", "NotFoundError");
      if (answer instanceof Error) return Promise.reject(answer);
      const stream = { getVideoTracks: () => [answer], getTracks: () => [answer] };
      return Promise.resolve(stream as unknown as MediaStream);
    },
    enumerateDevices: () =>
      Promise.resolve([
        { kind: "audioinput", deviceId: "m", label: "Microphone" },
        { kind: "videoinput", deviceId: "b", label: "camera2 0, facing back" },
      ] as MediaDeviceInfo[]),
  };
  return { host: { isSecureContext: true, mediaDevices }, asked };
}

const noted = (): { lost: number; tell: () => void } => {
  const note = { lost: 0, tell: () => void (note.lost += 1) };
  return note;
};

describe("opening the camera", () => {
  it("C2: asks for the camera that looks away from the screen, without sound", async () => {
    const { host, asked } = hostWith([fakeTrack("back")]);
    const opened = await openCamera(host, null, noted().tell);
    expect(opened).toMatchObject({ ok: true, value: { deviceId: "back", hasTorch: false } });
    expect(asked).toMatchObject([{ audio: false, video: { facingMode: { ideal: "environment" } } }]);
  });

  it("asks for the remembered camera, and for any other when it is gone", async () => {
    const { host, asked } = hostWith([new DOMException("gone", "OverconstrainedError"), fakeTrack("back")]);
    expect(await openCamera(host, "usb", noted().tell)).toMatchObject({ ok: true });
    expect(asked).toMatchObject([{ video: { deviceId: { exact: "usb" } } }, { video: { facingMode: {} } }]);
  });

  it("a camera that was refused is not asked for under another name", async () => {
    const { host, asked } = hostWith([new DOMException("no", "NotAllowedError"), fakeTrack("back")]);
    expect(await openCamera(host, "usb", noted().tell)).toEqual({
      ok: false,
      refusal: { code: "permission-denied" },
    });
    expect(asked).toHaveLength(1);
  });

  it.each([
    ["NotAllowedError", "permission-denied"],
    ["SecurityError", "permission-denied"],
    ["NotReadableError", "camera-busy"],
    ["AbortError", "camera-busy"],
    ["NotFoundError", "no-camera"],
    ["OverconstrainedError", "no-camera"],
    ["TypeError", "unsupported"],
  ])("G1: %s of the browser is said as %s", async (failure, code) => {
    expect(refusalFor(new DOMException("x", failure))).toEqual({ code });
    const { host } = hostWith([new DOMException("x", failure)]);
    expect(await openCamera(host, null, noted().tell)).toEqual({ ok: false, refusal: { code } });
  });

  it("G1: an insecure page and a browser without cameras are told apart", async () => {
    const { host } = hostWith([fakeTrack("back")]);
    const tell = noted().tell;
    expect(await openCamera({ ...host, isSecureContext: false }, null, tell)).toEqual({
      ok: false,
      refusal: { code: "insecure-context" },
    });
    expect(await openCamera({ isSecureContext: true, mediaDevices: undefined }, null, tell)).toEqual({
      ok: false,
      refusal: { code: "unsupported" },
    });
  });

  it("focuses by itself and switches the lamp where the camera can", async () => {
    const track = fakeTrack("back", { torch: true, focusMode: ["manual", "continuous"] });
    const opened = await openCamera(hostWith([track]).host, null, noted().tell);
    expect(opened).toMatchObject({ ok: true, value: { hasTorch: true } });
    expect(opened.ok && (await opened.value.setTorch(true))).toBe(true);
    expect(track.wishes).toEqual([
      { advanced: [{ focusMode: "continuous" }] },
      { advanced: [{ torch: true }] },
    ]);
  });

  it("a camera pulled out while it scans is told once; one that was let go is not", async () => {
    const pulled = fakeTrack("usb");
    const note = noted();
    await openCamera(hostWith([pulled]).host, null, note.tell);
    pulled.dispatchEvent(new Event("ended"));
    pulled.dispatchEvent(new Event("ended"));
    expect(note.lost).toBe(1);

    const released = fakeTrack("usb");
    const quiet = noted();
    const opened = await openCamera(hostWith([released]).host, null, quiet.tell);
    if (opened.ok) opened.value.close();
    released.dispatchEvent(new Event("ended"));
    expect([quiet.lost, released.stopped]).toEqual([0, true]);
  });

  it("lists cameras only", async () => {
    expect(await listCameras(hostWith([]).host)).toEqual([
      { deviceId: "b", label: "camera2 0, facing back" },
    ]);
  });
});
