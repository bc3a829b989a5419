// pdf.js has no types for its worker, which is only handed on.
declare module "pdfjs-dist/build/pdf.worker.mjs";
