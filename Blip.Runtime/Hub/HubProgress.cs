namespace Blip.Runtime.Hub;

/// <summary>How far a download is.</summary>
/// <param name="Name">The model.</param>
/// <param name="File">The file that comes at the moment; null before the first.</param>
/// <param name="Bytes">Bytes of the model's files that are here, including those from before.</param>
/// <param name="TotalBytes">Bytes of all of them; 0 until it is known.</param>
/// <param name="EarlierBytes">How many of <paramref name="Bytes"/> were here before.</param>
/// <param name="Notice">A sentence to tell, such as that a server is busy and asked again; null for none.</param>
public sealed record HubProgress(string Name, string? File, long Bytes, long TotalBytes, long EarlierBytes, string? Notice = null);
