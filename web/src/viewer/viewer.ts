// The inside of the frame that shows a document: no network, no cookies, an origin of its own (viewer.html's policy says so).
// What it shows comes as one message from the page around it.
import * as pdf from "pdfjs-dist";
import * as worker from "pdfjs-dist/build/pdf.worker.mjs";

export interface Shown {
  bytes: ArrayBuffer;
  type: string;
  language: string;
}

// The frame may start no worker of its own: the same code runs in it.
(globalThis as { pdfjsWorker?: unknown }).pdfjsWorker = worker;

const PAGES_MAX = 500;
const PICTURE_SIDE_MAX = 8192;
const into = document.getElementById("document")!;

function showText(shown: Shown): void {
  const text = document.createElement("pre");
  text.textContent = new TextDecoder().decode(shown.bytes);
  text.dir = "auto";
  text.lang = shown.language;
  into.append(text);
}

async function showPicture(shown: Shown): Promise<void> {
  const picture = await createImageBitmap(new Blob([shown.bytes], { type: shown.type }));
  const canvas = document.createElement("canvas");
  const scale = Math.min(1, PICTURE_SIDE_MAX / Math.max(picture.width, picture.height));
  canvas.width = picture.width * scale;
  canvas.height = picture.height * scale;
  canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  into.append(canvas);
}

async function showPage(document_: pdf.PDFDocumentProxy, number: number): Promise<void> {
  const page = await document_.getPage(number);
  const canvas = document.createElement("canvas");
  const width = page.getViewport({ scale: 1 }).width;
  const viewport = page.getViewport({ scale: (into.clientWidth / width) * devicePixelRatio });
  canvas.width = viewport.width;
  canvas.height = viewport.height;
  canvas.setAttribute("role", "img");
  // What the page says, for those who do not see it.
  const content = await page.getTextContent();
  canvas.setAttribute("aria-label", content.items.map((item) => ("str" in item ? item.str : "")).join(" "));
  into.append(canvas);
  await page.render({ canvas, viewport }).promise;
}

async function showPdf(shown: Shown): Promise<void> {
  const document_ = await pdf.getDocument({
    data: new Uint8Array(shown.bytes),
    isEvalSupported: false,
    useWorkerFetch: false,
    useWasm: false,
    enableXfa: false,
    stopAtErrors: false,
  }).promise;
  for (let number = 1; number <= Math.min(document_.numPages, PAGES_MAX); number++) await showPage(document_, number);
}

async function show(shown: Shown): Promise<void> {
  into.replaceChildren();
  if (shown.type === "application/pdf") await showPdf(shown);
  else if (shown.type.startsWith("image/")) await showPicture(shown);
  else showText(shown);
}

addEventListener("message", (event: MessageEvent<Shown>) => {
  if (event.source !== parent) return;
  show(event.data).then(
    () => parent.postMessage({ is: "shown" }, "*"),
    (error: unknown) => parent.postMessage({ is: "failed", why: String(error).slice(0, 500) }, "*"),
  );
});
parent.postMessage({ is: "ready" }, "*");
