#!/bin/sh
# Runs a scan in shards on a cluster, then the merge of them, and waits for both:
#
#   run.sh [MOMENT]
#
# The objects of setup.yaml are there already. MOMENT is that of a run which failed, such as 2026-06-15T06:00:00Z: its
# shards go on where they broke off. Otherwise a new run begins.
set -eu

folder=$(dirname "$0")
# One moment for all shards: every judgement refers to it.
as_of=${1:-$(date -u +%Y-%m-%dT%H:%M:%SZ)}
run=/runs/$(printf %s "$as_of" | tr -d :)
# A merge that broke off is made anew, beside what is left of it.
merged=$run/merged${1:+-$(date -u +%Y-%m-%dT%H%M%SZ)}

in_namespace() {
  kubectl --namespace kms-audit "$@"
}

# conditions JOB: those that hold, a line each.
conditions() {
  in_namespace get job "$1" \
    --output 'jsonpath={range .status.conditions[?(@.status=="True")]}{.type}{"\n"}{end}'
}

# succeeded JOB: waits for its end.
succeeded() {
  while :; do
    ended=$(conditions "$1")
    if printf %s "$ended" | grep -qx Complete; then
      return 0
    elif printf %s "$ended" | grep -qx Failed; then
      echo "$1 has failed. What its pods said: kubectl --namespace kms-audit logs --selector job-name=$1" >&2
      echo "To go on with this run: $0 $as_of" >&2
      return 1
    fi
    sleep 10
  done
}

active=$(in_namespace get jobs --output 'jsonpath={.items[?(@.status.active>0)].metadata.name}')
if [ -n "$active" ]; then
  echo "a run is under way: $active" >&2
  exit 1
fi

# Those of the run before, which cannot be started again. What it wrote stays on the volume.
in_namespace delete job kms-audit-scan kms-audit-merge --ignore-not-found
in_namespace create configmap kms-audit-run --dry-run=client --output yaml \
  --from-literal="KMS_AUDIT_AS_OF=$as_of" --from-literal="RUN=$run" --from-literal="MERGED=$merged" |
  in_namespace apply --filename -
in_namespace apply --filename "$folder/indexed-job.yaml"
succeeded kms-audit-scan
in_namespace apply --filename "$folder/merge-job.yaml"
succeeded kms-audit-merge
echo "the merged run is in $merged"
