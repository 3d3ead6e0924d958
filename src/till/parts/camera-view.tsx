import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ScannerRefusal } from "#devices/scanner.ts";
import type { CameraScanner } from "#devices/camera-scanner.ts";
import { StopIcon } from "#ui/icons.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useTill } from "../till-context.ts";
import { whileVisible } from "../while-visible.ts";

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
  const t = screenTexts.now.camera;
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
    const open = async (): Promise<CameraScanner> => {
      const opened = await till.openCamera(() => video.current);
      opened.onScan((event) => latest.current.onText(event.text));
      opened.onTrouble((refusal) => fail(refusal.code));
      return opened;
    };
    let opening: Promise<CameraScanner> | null = null;
    const begin = async (): Promise<void> => {
      // Asked once is enough: a person who said no is not asked again by turning the page.
      if (trouble.value === "permission-denied") return;
      opening ??= open();
      scanner = await opening;
      // Left or hidden while its code was loading: opening now would leave the camera on with nobody looking.
      if (gone || document.hidden) return;
      const started = await scanner.start();
      if (gone) scanner.close();
      else if (!started.ok) fail(started.refusal.code);
      else {
        trouble.value = null;
        running.value = !document.hidden;
      }
    };
    const end = (): void => {
      scanner?.stop();
      running.value = false;
    };
    // A tablet put aside or turned to another app must not go on filming the counter.
    const forget = whileVisible(document, () => void begin().catch(() => fail("decoder-failed")), end);
    return () => {
      gone = true;
      forget();
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
