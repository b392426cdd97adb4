/** The goose of Feihong. */
export function Brand() {
  return (
    <svg className="brand" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0052d9" />
      <path
        d="M5 19c4-1 6-4 8-8 1 3 3 5 6 5 3 0 5-1 8-4-1 6-5 11-12 11-2 0-3-1-4-2-2 0-4 0-6-2z"
        fill="#fff"
      />
    </svg>
  );
}
