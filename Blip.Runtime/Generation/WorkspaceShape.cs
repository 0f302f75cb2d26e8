namespace Blip.Runtime.Generation;

/// <summary>What the buffers of a run depend on.</summary>
/// <param name="Images">Images at once.</param>
/// <param name="RowsPerImage">Beams, or samples.</param>
/// <param name="Capacity">Longest sequence.</param>
/// <param name="Vocabulary">Tokens that the model knows.</param>
/// <param name="Search">Whether beams are searched.</param>
/// <param name="Filters">Whether sampling filters need room.</param>
internal readonly record struct WorkspaceShape(int Images, int RowsPerImage, int Capacity, int Vocabulary, bool Search, bool Filters)
{
    /// <summary>Continuations that each beam offers: as many as the image keeps, since they may all come from one beam.</summary>
    public int Candidates => Math.Min(2 * RowsPerImage, Vocabulary);
}
