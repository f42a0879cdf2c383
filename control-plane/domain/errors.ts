/** Canonical gRPC status names; each edge maps them to its own numbers (google.rpc.Code). */
export type Status =
  | 'INVALID_ARGUMENT'
  | 'FAILED_PRECONDITION'
  | 'OUT_OF_RANGE'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'ABORTED'
  | 'RESOURCE_EXHAUSTED'
  | 'CANCELLED'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED';

/** Every code Assay ever answers. A code never changes its meaning; a new meaning is a new code. */
export const ERRORS = {
  INTERNAL: { status: 'INTERNAL', remedy: 'Look up the request id in the log of the process that answered' },
  UNAUTHENTICATED: { status: 'UNAUTHENTICATED', remedy: 'Send a valid token: Authorization: Bearer <token>' },
  PERMISSION_DENIED: { status: 'PERMISSION_DENIED', remedy: 'Ask a person whose role may do this' },
  NOT_FOUND: { status: 'NOT_FOUND', remedy: 'Check the name; list what exists first' },
  ALREADY_EXISTS: { status: 'ALREADY_EXISTS', remedy: 'Choose another name, or use what exists' },
  REQUEST_INVALID: { status: 'INVALID_ARGUMENT', remedy: 'Correct the named field' },
  TRANSITION_REFUSED: {
    status: 'FAILED_PRECONDITION',
    remedy: 'Bring it into a state from which this step is allowed',
  },
  POLICY_INVALID: {
    status: 'INVALID_ARGUMENT',
    remedy: 'Correct the named rule; control-plane/domain/policy.ts lists kinds and actions',
  },
  PLAN_INVALID: {
    status: 'INVALID_ARGUMENT',
    remedy: 'Correct the named field of the route plan; the plan in force stays',
  },
  APPROVAL_REFUSED: {
    status: 'PERMISSION_DENIED',
    remedy: 'Ask someone who neither trained nor last edited this version, with a role that may approve',
  },
  ENDPOINT_BUSY: {
    status: 'FAILED_PRECONDITION',
    remedy: 'Wait until the release in progress ends, or abort it',
  },
  RELEASED_ELSEWHERE: {
    status: 'ALREADY_EXISTS',
    remedy:
      'A version is released on one endpoint: leave the endpoint out to see that release, or register the model as another version for this one',
  },
  ENDPOINT_MISSING: {
    status: 'FAILED_PRECONDITION',
    remedy:
      'Let an admin create one endpoint of the family (POST /api/v1/endpoints), or name one by the version tag "assay.endpoint"',
  },
  FAMILY_MISSING: {
    status: 'FAILED_PRECONDITION',
    remedy: 'Set the version tag "assay.family" to ranking, forecasting, pricing, bidding or vision',
  },
  SNAPSHOT_MISSING: {
    status: 'FAILED_PRECONDITION',
    remedy:
      'Set the version tag "assay.snapshot_dir" to a snapshot folder, relative to the state folder; trained versions have it',
  },
  EXPERIMENT_INVALID: {
    status: 'INVALID_ARGUMENT',
    remedy: 'Correct the named field of the experiment plan',
  },
  QUARANTINED: {
    status: 'FAILED_PRECONDITION',
    remedy:
      'An administrator must release the version by name first: assay release unquarantine MODEL VERSION, or POST /api/v1/models/<model>/versions/<version>/release-from-quarantine',
  },
  EVIDENCE_UNREADABLE: {
    status: 'UNAVAILABLE',
    remedy: 'Check the evidence folder and its manifests; traffic stays where it is',
  },
  PROCESS_UNHEALTHY: {
    status: 'UNAVAILABLE',
    remedy: 'Read the end of the named log; "assay doctor" checks the machine',
  },
  START_CANCELLED: { status: 'CANCELLED', remedy: 'Start again; it goes on where it was' },
  UNREACHABLE: {
    status: 'UNAVAILABLE',
    remedy: 'Check that the process runs ("assay doctor"), then try again',
  },
  SNAPSHOT_INVALID: {
    status: 'INVALID_ARGUMENT',
    remedy: 'Build the data snapshot again; workflows/trainers/README.md has its contract',
  },
  TRAINER_ENVIRONMENT: {
    status: 'UNAVAILABLE',
    remedy: 'Install Python 3.11 or later with its venv module (Debian: python3-venv), or uv, then try again',
  },
  TRAINER_CRASHED: {
    status: 'INTERNAL',
    remedy: 'Read the end of the training log, correct the trainer, train again',
  },
  TRAINER_HUNG: {
    status: 'DEADLINE_EXCEEDED',
    remedy: 'Read the training log; let the trainer print progress more often, or raise the limit',
  },
  TRAINER_CANCELLED: { status: 'CANCELLED', remedy: 'Train again when the model is wanted' },
  TRAINER_REFUSED: {
    status: 'FAILED_PRECONDITION',
    remedy: 'Correct what the trainer names: data, family or recipe',
  },
  TRAINER_NO_MODEL: {
    status: 'FAILED_PRECONDITION',
    remedy: 'Let the trainer write model.onnx into the folder named by --out',
  },
  TRAINER_OUTPUT_INVALID: {
    status: 'FAILED_PRECONDITION',
    remedy: 'Correct the named output of the trainer; workflows/trainers/README.md has the contract',
  },
  MODEL_NOT_ONNX: {
    status: 'INVALID_ARGUMENT',
    remedy: 'Export the model as ONNX with tensors only (no ZipMap), opset 21 or less',
  },
  MODEL_CHECK_REFUSED: {
    status: 'FAILED_PRECONDITION',
    remedy:
      'Read rule by rule what "assay model check" says, export the model again and register it as a new version',
  },
  SIGNATURE_INVALID: {
    status: 'FAILED_PRECONDITION',
    remedy:
      'Do not use the model; fetch it again, and ask who signed it for the signature and the public key',
  },
  SIGNATURE_REFUSED: {
    status: 'FAILED_PRECONDITION',
    remedy:
      'Let the holder of a trusted key look at the version and sign it: assay model sign MODEL VERSION --key FILE; the signing policy names who is trusted',
  },
  KEY_INVALID: {
    status: 'INVALID_ARGUMENT',
    remedy:
      'Use an EC P-256 key in PEM without a passphrase: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256',
  },
  MODEL_SIGNATURE: {
    status: 'INVALID_ARGUMENT',
    remedy: 'Export the inputs and outputs of control-plane/domain/families, by name, type and shape',
  },
  EVALUATION_FAILED: {
    status: 'FAILED_PRECONDITION',
    remedy: 'Read the reason; run the model on the hold-out rows with onnxruntime by hand',
  },
  ENDPOINT_UNKNOWN: { status: 'NOT_FOUND', remedy: 'Use an endpoint of the route plan as model_name' },
  MODEL_VERSION_UNKNOWN: {
    status: 'NOT_FOUND',
    remedy: 'Pin a version that the endpoint routes to or keeps pinnable, or send none',
  },
  INPUT_MISSING: { status: 'INVALID_ARGUMENT', remedy: 'Send every input that ModelMetadata lists' },
  INPUT_UNKNOWN: {
    status: 'INVALID_ARGUMENT',
    remedy: 'Send only inputs that ModelMetadata lists, each once',
  },
  INPUT_SHAPE: {
    status: 'INVALID_ARGUMENT',
    remedy: 'Send the shape that ModelMetadata lists, the same number of rows in each input, at least one',
  },
  INPUT_DATATYPE: { status: 'INVALID_ARGUMENT', remedy: 'Send the datatype that ModelMetadata lists' },
  INPUT_BYTES: {
    status: 'INVALID_ARGUMENT',
    remedy: 'Send raw or typed contents, not both, with as many values as the shape has',
  },
  INPUT_NOT_FINITE: { status: 'INVALID_ARGUMENT', remedy: 'Replace NaN and infinite values before sending' },
  OUTPUT_UNKNOWN: {
    status: 'INVALID_ARGUMENT',
    remedy: 'Ask for outputs that ModelMetadata lists, or for none',
  },
  PARAMETER_INVALID: {
    status: 'INVALID_ARGUMENT',
    remedy: 'Send unit_id as a text of 1 to 512 characters, or leave it out',
  },
  MESSAGE_TOO_LARGE: {
    status: 'RESOURCE_EXHAUSTED',
    remedy: 'Send fewer rows a request; ASSAY_MAX_MESSAGE_BYTES sets the limit',
  },
  OVERLOADED: { status: 'RESOURCE_EXHAUSTED', remedy: 'Try again after the delay that RetryInfo names' },
  SERVER_NOT_READY: { status: 'UNAVAILABLE', remedy: 'Wait until the server has a route plan (ServerReady)' },
  CALL_CANCELLED: { status: 'CANCELLED', remedy: 'Wait for the answer, or send no request' },
  DEADLINE_PASSED: { status: 'DEADLINE_EXCEEDED', remedy: 'Allow the request more time' },
  MODEL_FAILED: {
    status: 'INTERNAL',
    remedy: 'Read the server log under the request id; pin another version',
  },
  MODEL_HUNG: {
    status: 'DEADLINE_EXCEEDED',
    remedy:
      'Send fewer rows a request, or let the plan give the version more time (hosting.timeLimitMs); ASSAY_MODEL_TIME_LIMIT_MS is the default',
  },
  MODEL_CRASHED: {
    status: 'UNAVAILABLE',
    remedy: 'Try again: its host starts again by itself; a model that goes on crashing should be rolled back',
  },
  MODEL_MISSING: {
    status: 'NOT_FOUND',
    remedy: 'Put the model file where the plan says; the old plan stays',
  },
  ARTIFACT_DIGEST: {
    status: 'ABORTED',
    remedy:
      'Run the same command again: what differs is copied anew; look after the disk of the side that differs',
  },
  ARTIFACTS_NOT_PROXIED: {
    status: 'FAILED_PRECONDITION',
    remedy:
      'Start that MLflow server with --serve-artifacts (its default), so that it takes artifacts by HTTP',
  },
  MODEL_DIGEST: {
    status: 'FAILED_PRECONDITION',
    remedy: 'Publish the plan with the digest of the file that is there; the old plan stays',
  },
  GUARDRAIL_REFUSED: {
    status: 'FAILED_PRECONDITION',
    remedy: 'Let the endpoint fall back to "family-default", or loosen the rule',
  },
  EVIDENCE_UNWRITABLE: {
    status: 'UNAVAILABLE',
    remedy: 'Free space or repair the evidence folder; no answer leaves without its record',
  },
  OUTCOME_INVALID: {
    status: 'INVALID_ARGUMENT',
    remedy: 'Correct the named field of the outcome and send it again',
  },
  WEBHOOK_INVALID: {
    status: 'INVALID_ARGUMENT',
    remedy: 'Correct the named field; "assay webhook create --help" lists events and rules',
  },
  WEBHOOK_URL_REFUSED: {
    status: 'INVALID_ARGUMENT',
    remedy:
      'Use http(s)://host/path without user and password, at an address that this registry may reach: ASSAY_WEBHOOK_ALLOW names networks that are not public',
  },
  WEBHOOK_SECRET_UNREADABLE: {
    status: 'FAILED_PRECONDITION',
    remedy:
      'Start the registry with the key that sealed the secret (webhook.key of the state folder, or ASSAY_WEBHOOK_KEY), or give the webhook a new secret',
  },
  CONFIG_INVALID: { status: 'INVALID_ARGUMENT', remedy: 'Correct the named environment variable or flag' },
} as const satisfies Record<string, { status: Status; remedy: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** The only error class that crosses a folder's border; edges translate it, nobody else does. */
export class AssayError extends Error {
  override readonly name = 'AssayError';
  readonly code: ErrorCode;
  /** Path of the offending input field, where there is one: `arms[1].weight`. */
  readonly field: string | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; field?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.field = options.field;
  }

  get status(): Status {
    return ERRORS[this.code].status;
  }

  get remedy(): string {
    return ERRORS[this.code].remedy;
  }
}

/** HTTP status of a canonical status, by the google.rpc mapping. */
export const HTTP_STATUS: Record<Status, number> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};
