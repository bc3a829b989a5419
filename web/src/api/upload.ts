// A file on its way to the desk, with how far it is: fetch() does not tell.
import { Refused, type Schemas } from "./client";

export function upload(room: string, file: File, progress: (share: number) => void): Promise<Schemas["NewFile"]> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/rooms/${room}/files`);
    request.responseType = "json";
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = (event) => progress(event.lengthComputable ? event.loaded / event.total : 0);
    request.onerror = () => reject(new TypeError("no connection to the desk"));
    request.onload = () =>
      request.status < 300 ? resolve(request.response) : reject(new Refused(request.status, request.response ?? {}));
    request.send(file);
  });
}
