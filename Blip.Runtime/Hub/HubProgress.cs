namespace Blip.Runtime.Hub;

/// <summary>The progress of a download.</summary>
/// <param name="Name">The model.</param>
/// <param name="File">The current file; null before the first.</param>
/// <param name="Bytes">Bytes of the model's files present, including earlier ones.</param>
/// <param name="TotalBytes">Bytes of all files; 0 until known.</param>
/// <param name="EarlierBytes">The part of <paramref name="Bytes"/> that was present before.</param>
/// <param name="Notice">A message, such as that a busy server is retried; null for none.</param>
public sealed record HubProgress(string Name, string? File, long Bytes, long TotalBytes, long EarlierBytes, string? Notice = null);
