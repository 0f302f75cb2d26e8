namespace Blip.Tests;

/// <summary>
/// Tests of state that the whole process shares, such as its current directory or its memory: nothing else runs beside them.
/// </summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public class AloneCollection;
