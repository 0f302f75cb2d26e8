using System.Text.Json.Nodes;

namespace Blip.Datasets.Lists;

/// <summary>An entry of a list: its fields or its error.</summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="Fields">The fields; null for an unreadable entry.</param>
/// <param name="Error">The error, for people; null for none.</param>
internal readonly record struct ListEntry(long Number, JsonObject? Fields, string? Error = null);
