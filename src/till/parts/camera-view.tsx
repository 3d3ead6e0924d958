import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ScannerRefusal } from "#devices/scanner.ts";
import type { CameraScanner } from "#devices/camera-scanner.ts";
import { StopIcon } from "#ui/icons.tsx";
import { tillTexts } from "../texts.ts";
import { useTill } from "../till-context.ts";

export interface CameraViewProps {
  readonly onText: (text: string) => void;
  /** What to hold into the frame. */
  readonly aim: string;
  /** The sum the code should cover, shown over the picture where the amount has no room of its own. */
  readonly sum?: string | undefined;
  /** The camera does not scan; the screen may change its primary. */
  readonly onTrouble?: (code: ScannerRefusal["code"]) => void;
}

/** The camera's picture with a frame to aim by. Its light goes out when this leaves the screen. */
export function CameraView(props: CameraViewProps): JSX.Element {
  const till = useTill();
  const t = tillTexts.now.camera;
  const video = useRef<HTMLVideoElement>(null);
  const trouble = useSignal<ScannerRefusal["code"] | null>(null);
  const running = useSignal(false);
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    let scanner: CameraScanner | null = null;
    let gone = false;
    const fail = (code: ScannerRefusal["code"]): void => {
      running.value = false;
      trouble.value = code;
      latest.current.onTrouble?.(code);
    };
    const start = async (): Promise<void> => {
      scanner = await till.openCamera(() => video.current);
      // Left while its code was loading: opening now would leave the camera on with nobody looking.
      if (gone) return;
      scanner.onScan((event) => latest.current.onText(event.text));
      scanner.onTrouble((refusal) => fail(refusal.code));
      const started = await scanner.start();
      if (gone) scanner.close();
      else if (started.ok) running.value = true;
      else fail(started.refusal.code);
    };
    start().catch(() => fail("decoder-failed"));
    return () => {
      gone = true;
      scanner?.close();
    };
  }, [till, running, trouble]);
  return (
    <div class="camera" data-camera={trouble.value ?? (running.value ? "running" : "starting")}>
      <video ref={video} class="camera__picture" muted playsInline aria-hidden="true" />
      {trouble.value === null ? (
        <>
          <div class="camera__frame" />
          <p class="camera__words">
            {props.sum !== undefined && <strong class="money">{props.sum}</strong>}
            <span>{running.value ? props.aim : t.starting}</span>
          </p>
        </>
      ) : (
        <p class="camera__trouble">
          <StopIcon size={32} />
          <span>{t.troubles[trouble.value]}</span>
        </p>
      )}
    </div>
  );
}
