/** A play triangle at the near end of two waves: what is near is the one that is filled. */
export function ProductMark({ size = 22 }: { size?: number }) {
  return (
    <svg className="product-mark" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path
        className="product-mark-play"
        d="M3.500 6.600c0-1.100 1.200-1.700 2.100-1.100l7.500 5.300c.8.6.8 1.800 0 2.400l-7.500 5.300c-.900.600-2.100 0-2.100-1.100z"
      />
      <path className="product-mark-wave" d="M16.200 6.800a8.200 8.200 0 0 1 0 10.400" />
      <path className="product-mark-wave product-mark-far" d="M19.400 4a12.600 12.600 0 0 1 0 16" />
    </svg>
  );
}
