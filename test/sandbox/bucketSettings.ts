import { type Answer, type Call, xmlAnswer } from './call.ts';
import { S3Error } from './s3Error.ts';
import { toXml } from './xml.ts';

/** us-east-1 answers with an empty element (S3 API reference, GetBucketLocation). */
export function getBucketLocation({ region }: Call): Answer {
  const text = region === 'us-east-1' ? '' : region;
  return xmlAnswer(
    `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${text}</LocationConstraint>`,
  );
}

export function getBucketVersioning(): Answer {
  return xmlAnswer(toXml('VersioningConfiguration', { Status: 'Enabled' }));
}

/** One rule for each replica. @throws S3Error ReplicationConfigurationNotFoundError on the replicas themselves. */
export function getBucketReplication({ destinations }: Call): Answer {
  if (destinations.length === 0) {
    throw new S3Error('ReplicationConfigurationNotFoundError', 404, 'The replication configuration was not found');
  }
  const rules = destinations.map(({ bucket }, index) => ({
    ID: `to-${bucket}`,
    Priority: index + 1,
    Status: 'Enabled',
    Filter: { Prefix: '' },
    DeleteMarkerReplication: { Status: 'Disabled' },
    Destination: { Bucket: `arn:aws:s3:::${bucket}` },
  }));
  return xmlAnswer(
    toXml('ReplicationConfiguration', { Role: 'arn:aws:iam::123456789012:role/replication', Rule: rules }),
  );
}

export function headBucket({ region }: Call): Answer {
  return { status: 200, headers: { 'x-amz-bucket-region': region } };
}

/** Some clients ask for the bucket to be there before they write; S3 says that it is. */
export function createBucket(): Answer {
  throw new S3Error('BucketAlreadyOwnedByYou', 409, 'The bucket that you tried to create already exists.');
}
