const mark = 'agora.example/check-cluster';

/** Creates the missing namespaces of a check, with a label: `apply` would remove it again when a release applies the namespace without it. */
export async function makeNamespaces({ kubectl, namespace, doorNamespace }) {
  for (const name of [namespace, doorNamespace]) {
    if (await kubectl.find('namespace', name)) continue;
    await kubectl.run(['create', 'namespace', name]);
    await kubectl.run(['label', 'namespace', name, `${mark}=true`]);
  }
}

/** Deletes the namespaces of a check, and waits until they are gone. Reports namespaces of that name that it did not create, and leaves them. */
export async function removeNamespaces({ kubectl, namespace, doorNamespace }) {
  for (const name of [namespace, doorNamespace]) {
    const found = await kubectl.find('namespace', name);
    if (!found) continue;
    if (!found.metadata.labels?.[mark])
      throw new Error(`the namespace ${name} is there and no check has made it: it must go first`);
    await kubectl.run(['delete', 'namespace', name, '--timeout', '180s']);
  }
}
