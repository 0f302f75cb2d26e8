namespace Blip.Tests.Readme;

/// <summary>Tests that change the process's current directory: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(CurrentDirectoryCollection), DisableParallelization = true)]
public class CurrentDirectoryCollection;
