/** `host` or `host:port` of an address template whose host is written out, lower case; undefined when it is no such address. */
export function httpHost(template: string): string | undefined {
  const match = /^(https?):\/\/([^/?#{}\s@\\]+)(?=$|[/?#])/i.exec(template);
  if (!match || !URL.canParse(template.replace(/\{\{[^}]*\}\}/g, 'x'))) return undefined;
  // As the URL parser reads it, so that 127.1 and 0x7f000001 are what they are.
  return new URL(`${match[1]}://${match[2]}`).host;
}
