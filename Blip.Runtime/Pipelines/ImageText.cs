namespace Blip.Runtime.Pipelines;

/// <summary>An image and a text beside it: a caption to be judged, or a question to be answered.</summary>
/// <param name="Image">The image; a path is one.</param>
/// <param name="Text">The text.</param>
public sealed record ImageText(ImageSource Image, string Text);
