#!/bin/sh
# Submits a scan in shards, the merge of them and the copy to the bucket:
#
#   submit.sh STACK SHARDS [AUDITOR_STACK]
#
# STACK is the stack of array-job.yaml, SHARDS how many processes share the accounts, 2 to 10000, AUDITOR_STACK the stack
# of auditor.yaml, kms-audit otherwise.
set -eu

stack=${1:?usage: submit.sh STACK SHARDS [AUDITOR_STACK]}
auditor=${3:-kms-audit}
shards=${2:?usage: submit.sh STACK SHARDS [AUDITOR_STACK]}

# One moment for all shards: every judgement refers to it.
as_of=$(date -u +%Y-%m-%dT%H:%M:%SZ)
run=$(printf %s "$as_of" | tr -d :)

# output STACK NAME
output() {
  aws cloudformation describe-stacks --stack-name "$1" \
    --query "Stacks[0].Outputs[?OutputKey=='$2'].OutputValue" --output text
}

# submit NAME JOB ARGUMENTS...: prints the id of the job.
submit() {
  name=$1 definition=$(output "$stack" "$2")
  shift 2
  aws batch submit-job --job-name "kms-audit-$name-$run" --job-queue "$queue" --job-definition "$definition" \
    --query jobId --output text "$@"
}

queue=$(output "$stack" Queue)
destination="s3://$(output "$auditor" RunsBucket)/$run"
scan=$(submit scan ScanJob --array-properties "size=$shards" --parameters "asOf=$as_of,run=/runs/$run")
merge=$(submit merge MergeJob --depends-on "jobId=$scan" --parameters "run=/runs/$run,merged=/runs/$run/merged")
publish=$(submit publish PublishJob --depends-on "jobId=$merge" \
  --parameters "merged=/runs/$run/merged,destination=$destination")

echo "scan $scan, merge $merge, publish $publish: the run comes to $destination"
