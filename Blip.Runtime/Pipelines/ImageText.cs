namespace Blip.Runtime.Pipelines;

/// <summary>A picture and a text beside it: a caption to be judged, or a question to be answered.</summary>
/// <param name="Image">The picture; a path is one.</param>
/// <param name="Text">The text.</param>
public sealed record ImageText(ImageSource Image, string Text);
